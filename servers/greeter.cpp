#include "servers/greeter.hpp"

#include "protocol/greeting.hpp"

namespace coresweep {

CallResult Greeter::call(std::string_view path, Bytes message, std::string& reply) {
  if (path != kSayHelloPath) {
    return {GrpcStatus::unimplemented, "the only method here is /helloworld.Greeter/SayHello"};
  }
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
