#include "protocol/greeting.hpp"

#include "greeter.pb.h"

namespace coresweep {

std::string encode_request(std::string_view name) {
  helloworld::HelloRequest request;
  request.set_name(name.data(), name.size());
  return request.SerializeAsString();
}

std::string encode_reply(std::string_view name) {
  helloworld::HelloReply reply;
  reply.set_message("Hello " + std::string(name));
  return reply.SerializeAsString();
}

}  // namespace coresweep
