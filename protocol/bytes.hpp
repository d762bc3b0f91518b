// Bytes as they come from and go to a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace coresweep {

using Bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Empties a buffer for its next use, but does not keep the room that something large once took:
/// at most `kept` bytes.
inline void clear_for_reuse(std::string& buffer, std::size_t kept) {
  buffer.clear();
  if (buffer.capacity() > kept) {
    buffer.shrink_to_fit();
  }
}

inline void append(std::string& output, Bytes bytes) { output.append(as_text(bytes)); }

}  // namespace coresweep
