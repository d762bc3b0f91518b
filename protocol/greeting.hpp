// The one call that every program here speaks, and its messages in bytes (greeter.proto).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coresweep {

inline constexpr std::string_view kSayHelloPath = "/helloworld.Greeter/SayHello";

/// The most that HelloRequest.reply_bytes may ask for.
inline constexpr std::uint32_t kMostReplyBytes = 1U << 20;

/// HelloRequest{name, reply_bytes}, encoded.
[[nodiscard]] std::string encode_request(std::string_view name, std::uint32_t reply_bytes = 0);

/// HelloReply{"Hello " + name}, filled or cut to `reply_bytes` unless these are 0, encoded: what a
/// right answer to that request consists of.
[[nodiscard]] std::string encode_reply(std::string_view name, std::uint32_t reply_bytes = 0);

/// Makes `greeting` as long as a request asks for.
void fit_greeting(std::string& greeting, std::uint32_t reply_bytes);

}  // namespace coresweep
