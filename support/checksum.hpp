// Whether two hosts were given the same: a short sum, against mistakes and not against malice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace coresweep {

/// CRC-32 (ISO 3309, zlib's) of a row of texts, each with its length: "ab", "c" is not "a", "bc".
class Checksum {
 public:
  void add(std::string_view text);

  /// Eight hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  std::uint32_t sum_ = 0;
};

}  // namespace coresweep
