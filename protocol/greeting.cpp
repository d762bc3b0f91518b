#include "protocol/greeting.hpp"

#include "greeter.pb.h"

namespace coresweep {

std::string encode_request(std::string_view name, std::uint32_t reply_bytes) {
  helloworld::HelloRequest request;
  request.set_name(name.data(), name.size());
  request.set_reply_bytes(reply_bytes);
  return request.SerializeAsString();
}

void fit_greeting(std::string& greeting, std::uint32_t reply_bytes) {
  if (reply_bytes > 0) {
    greeting.resize(reply_bytes, '.');
  }
}

std::string encode_reply(std::string_view name, std::uint32_t reply_bytes) {
  helloworld::HelloReply reply;
  reply.set_message("Hello " + std::string(name));
  fit_greeting(*reply.mutable_message(), reply_bytes);
  return reply.SerializeAsString();
}

}  // namespace coresweep
