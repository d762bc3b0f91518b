#include "servers/greeter.hpp"

#include "protocol/greeting.hpp"

namespace coresweep {

bool Greeter::has_method(std::string_view path) const { return path == kSayHelloPath; }

CallResult Greeter::call(std::string_view, Bytes message, std::string& reply) {
  if (!request_.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
    return {GrpcStatus::internal, "the message is no helloworld.HelloRequest"};
  }
  std::string& greeting = *reply_.mutable_message();
  greeting.assign("Hello ");
  greeting += request_.name();
  if (!reply_.AppendToString(&reply)) {
    return {GrpcStatus::internal, "the reply cannot be encoded"};
  }
  return {};
}

}  // namespace coresweep
