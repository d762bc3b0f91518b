// Bytes as text: base64 of RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace coresweep {

/// With padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

/// The inverse. Nothing when `text` is no padded base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace coresweep
