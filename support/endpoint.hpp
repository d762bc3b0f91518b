// Addresses as flags give them: "127.0.0.1:10051", "[::1]:10051".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coresweep {

struct Endpoint {
  std::string address;  ///< numeric, without brackets
  std::uint16_t port = 0;
};

enum class PortZero { refused, allowed };

/// Nothing unless the address is a numeric IPv4 or bracketed IPv6 address and the port a number up
/// to 65535. Names are not taken: looking one up may block, or give another machine than was meant.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text, PortZero zero);

/// As parse_endpoint(), but the address may also be a name, which is not looked up here.
[[nodiscard]] std::optional<Endpoint> parse_host_and_port(std::string_view text);

/// The inverse: an IPv6 address gets its brackets.
[[nodiscard]] std::string format_endpoint(std::string_view address, std::uint16_t port);

}  // namespace coresweep
