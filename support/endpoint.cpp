#include "support/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace coresweep {
namespace {

struct Parts {
  std::string host;
  bool bracketed = false;
  std::uint16_t port = 0;
};

std::optional<Parts> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  Parts parts;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    parts.bracketed = true;
  }
  parts.host = host;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), parts.port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) {
    return std::nullopt;
  }
  return parts;
}

bool is_numeric(const Parts& parts) {
  std::array<unsigned char, sizeof(in6_addr)> binary;
  return ::inet_pton(parts.bracketed ? AF_INET6 : AF_INET, parts.host.c_str(), binary.data()) == 1;
}

// What a resolver could find (RFC 1123, section 2.1; underscores are met in practice). Not the
// numbers with too few or too large parts that some resolvers take for addresses.
bool is_name(const Parts& parts) {
  constexpr std::string_view kDigits = "0123456789.";
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  constexpr std::size_t kLongest = 253;
  return !parts.bracketed && !parts.host.empty() && parts.host.size() <= kLongest &&
         parts.host.find_first_not_of(kAllowed) == std::string::npos &&
         parts.host.find_first_not_of(kDigits) != std::string::npos;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text, PortZero zero) {
  auto parts = split(text);
  if (!parts || !is_numeric(*parts) || (parts->port == 0 && zero == PortZero::refused)) {
    return std::nullopt;
  }
  return Endpoint{.address = std::move(parts->host), .port = parts->port};
}

std::optional<Endpoint> parse_host_and_port(std::string_view text) {
  auto parts = split(text);
  if (!parts || parts->port == 0 || !(is_numeric(*parts) || is_name(*parts))) {
    return std::nullopt;
  }
  return Endpoint{.address = std::move(parts->host), .port = parts->port};
}

std::string format_endpoint(std::string_view address, std::uint16_t port) {
  const bool six = address.find(':') != std::string_view::npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", address, six ? "]" : "", port);
}

}  // namespace coresweep
