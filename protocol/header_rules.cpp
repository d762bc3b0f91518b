#include "protocol/header_rules.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/bytes.hpp"

namespace coresweep {
namespace {

constexpr std::array<std::string_view, 4> kRequestPseudo{":method", ":scheme", ":path",
                                                         ":authority"};
constexpr std::uint8_t kMethod = 1;
constexpr std::uint8_t kScheme = 2;
constexpr std::uint8_t kPath = 4;
constexpr std::uint8_t kNeeded = kMethod | kScheme | kPath;

// They speak of one connection, which HTTP/2 has frames for.
constexpr std::array<std::string_view, 5> kOfConnection{
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"};

bool is_right_name(std::string_view name) {
  const Bytes bytes = as_bytes(name);
  return nghttp2_check_header_name(bytes.data(), bytes.size()) != 0;
}

bool is_right_value(std::string_view value) {
  const Bytes bytes = as_bytes(value);
  return nghttp2_check_header_value_rfc9113(bytes.data(), bytes.size()) != 0;
}

bool is_right_pseudo_value(std::uint8_t field, std::string_view value) {
  const Bytes bytes = as_bytes(value);
  switch (field) {
    case kMethod:
      return nghttp2_check_method(bytes.data(), bytes.size()) != 0;
    case kScheme:
      return !value.empty();
    case kPath:
      return (value.starts_with('/') || value == "*") &&
             nghttp2_check_path(bytes.data(), bytes.size()) != 0;
    default:
      return nghttp2_check_authority(bytes.data(), bytes.size()) != 0;
  }
}

}  // namespace

void HeaderRules::add_field(std::string_view name, std::string_view value) {
  if (name.starts_with(':')) {
    add_pseudo_field(name, value);
    return;
  }
  regular_seen_ = true;
  if (!is_right_name(name) || !is_right_value(value)) {
    kept_ = false;
  } else if (name == "content-length") {
    add_content_length(value);
  } else if (name == "te") {
    kept_ = kept_ && value == "trailers";
  } else if (std::find(kOfConnection.begin(), kOfConnection.end(), name) != kOfConnection.end()) {
    kept_ = false;
  }
}

void HeaderRules::add_pseudo_field(std::string_view name, std::string_view value) {
  const auto found = std::find(kRequestPseudo.begin(), kRequestPseudo.end(), name);
  if (found == kRequestPseudo.end()) {
    kept_ = false;
    return;
  }
  const auto field = static_cast<std::uint8_t>(1U << (found - kRequestPseudo.begin()));
  // Each once, all before the first that is none, and no value empty.
  kept_ =
      kept_ && !regular_seen_ && (pseudo_seen_ & field) == 0 && is_right_pseudo_value(field, value);
  pseudo_seen_ |= field;
}

void HeaderRules::add_content_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (content_length_ || error != std::errc{} || end != value.data() + value.size()) {
    kept_ = false;
    return;
  }
  content_length_ = length;
}

bool HeaderRules::are_kept_by_request() const {
  return kept_ && (pseudo_seen_ & kNeeded) == kNeeded;
}

}  // namespace coresweep
