// The one call that every program here speaks, and its messages in bytes (greeter.proto).
#pragma once

#include <string>
#include <string_view>

namespace coresweep {

inline constexpr std::string_view kSayHelloPath = "/helloworld.Greeter/SayHello";

/// HelloRequest{name}, encoded.
[[nodiscard]] std::string encode_request(std::string_view name);

/// HelloReply{"Hello " + name}, encoded: what a right answer to that request consists of.
[[nodiscard]] std::string encode_reply(std::string_view name);

}  // namespace coresweep
