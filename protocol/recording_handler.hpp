// The calls of tests that send sessions whole requests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/call_handler.hpp"
#include "protocol/greeting.hpp"

namespace coresweep {

/// Answers as the greeter does, and keeps what it was asked.
class RecordingHandler final : public CallHandler {
 public:
  [[nodiscard]] bool has_method(std::string_view path) const override {
    return path == kSayHelloPath;
  }
  [[nodiscard]] CallResult call(std::string_view path, Bytes message, std::string& reply) override {
    paths.emplace_back(path);
    messages.emplace_back(as_text(message));
    reply += encode_reply("world");
    reply.append(reply_size, 'r');
    return {};
  }
  std::size_t reply_size = 0;  ///< bytes added to the greeting
  std::vector<std::string> paths;
  std::vector<std::string> messages;
};

}  // namespace coresweep
