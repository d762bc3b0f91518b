#include "servers/greeter.hpp"

#include <cstdint>

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
  // What AppendToString does without its checks: no field of ours is required, and a reply is as
  // long as a request, which has its limit.
  const std::size_t start = reply.size();
  reply.resize(start + reply_.ByteSizeLong());
  reply_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(reply.data() + start));
  return {};
}

}  // namespace coresweep
