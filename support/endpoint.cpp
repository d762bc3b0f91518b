#include "support/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace coresweep {

std::optional<Endpoint> parse_endpoint(std::string_view text, PortZero zero) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  int family = AF_INET;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    family = AF_INET6;
  }
  Endpoint endpoint{.address = std::string(host)};
  std::array<unsigned char, sizeof(in6_addr)> binary;
  if (::inet_pton(family, endpoint.address.c_str(), binary.data()) != 1) {
    return std::nullopt;
  }
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), endpoint.port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() ||
      (endpoint.port == 0 && zero == PortZero::refused)) {
    return std::nullopt;
  }
  return endpoint;
}

std::string format_endpoint(std::string_view address, std::uint16_t port) {
  const bool six = address.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", address, six ? "]" : "", port);
}

}  // namespace coresweep
