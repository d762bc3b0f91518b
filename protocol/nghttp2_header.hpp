// Header fields as nghttp2 takes them.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string_view>

namespace coresweep {

// A header whose name and value outlive the call: nghttp2 copies neither.
[[nodiscard]] inline nghttp2_nv constant_header(std::string_view name, std::string_view value) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

// The same, but for the value, which nghttp2 copies.
[[nodiscard]] inline nghttp2_nv copied_header(std::string_view name, std::string_view value) {
  nghttp2_nv header = constant_header(name, value);
  header.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
  return header;
}

}  // namespace coresweep
