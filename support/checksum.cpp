#include "support/checksum.hpp"

#include <fmt/format.h>
#include <zlib.h>

namespace coresweep {

void Checksum::add(std::string_view text) {
  const std::string length = fmt::format("{}:", text.size());
  for (const std::string_view part : {std::string_view(length), text}) {
    sum_ = static_cast<std::uint32_t>(
        ::crc32_z(sum_, reinterpret_cast<const Bytef*>(part.data()), part.size()));
  }
}

std::string Checksum::text() const { return fmt::format("{:08x}", sum_); }

}  // namespace coresweep
