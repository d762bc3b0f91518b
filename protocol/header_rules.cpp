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
constexpr std::uint8_t kAuthority = 8;
constexpr std::uint8_t kHost = 16;  // no pseudo-field, but once and of :authority's form too
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

bool is_letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

// RFC 3986, section 3.1.
bool is_scheme(std::string_view value) {
  return !value.empty() && is_letter(value[0]) &&
         std::all_of(value.begin(), value.end(), [](char byte) {
           return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '+' || byte == '-' ||
                  byte == '.';
         });
}

// The one transfer coding that HTTP/2 lets te name. Their case means nothing (RFC 9110, 10.1.4).
bool is_trailers(std::string_view value) {
  constexpr std::string_view kTrailers = "trailers";
  return std::equal(
      value.begin(), value.end(), kTrailers.begin(), kTrailers.end(),
      [](char byte, char wanted) { return is_letter(byte) && (byte | 0x20) == wanted; });
}

bool is_right_pseudo_value(std::uint8_t field, std::string_view value) {
  const Bytes bytes = as_bytes(value);
  switch (field) {
    case kMethod:
      return nghttp2_check_method(bytes.data(), bytes.size()) != 0;
    case kScheme:
      return is_scheme(value);
    case kPath:
      return (value.starts_with('/') || value == "*") &&
             nghttp2_check_path(bytes.data(), bytes.size()) != 0;
    default:
      return !value.empty() && nghttp2_check_authority(bytes.data(), bytes.size()) != 0;
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
    kept_ = kept_ && is_trailers(value);
  } else if (name == "host") {
    kept_ = kept_ && (seen_ & kHost) == 0 && is_right_pseudo_value(kHost, value);
    seen_ |= kHost;
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
  kept_ = kept_ && !regular_seen_ && (seen_ & field) == 0 && is_right_pseudo_value(field, value);
  seen_ |= field;
  if (field == kMethod) {
    is_connect_ = value == "CONNECT";
    is_options_ = value == "OPTIONS";
  } else if (field == kPath) {
    is_asterisk_ = value == "*";
  }
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
  if (is_connect_) {  // it has no scheme and no path: section 8.5
    return kept_ && (seen_ & (kScheme | kPath | kAuthority)) == kAuthority;
  }
  // "http" and "https" need an authority, in the one field or in the other.
  return kept_ && (seen_ & kNeeded) == kNeeded && (seen_ & (kAuthority | kHost)) != 0 &&
         (!is_asterisk_ || is_options_);
}

}  // namespace coresweep
