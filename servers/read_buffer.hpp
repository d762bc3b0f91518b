// What a connection waits with for its peer's bytes. Ten thousand idle connections shall not cost
// ten thousand large buffers, and a hundred requests at once shall not cost three reads: small, it
// grows when a read fills it, and is small again after a read that the small one would have held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace coresweep {

class ReadBuffer {
 public:
  /// Ten small requests fit, and with all else that a silent connection holds it stays below 2 KB.
  static constexpr std::size_t kSmall = 832;
  /// A hundred small requests fit.
  static constexpr std::size_t kLarge = 8'192;

  /// Where to read to; good until fit().
  [[nodiscard]] std::span<std::uint8_t> room() {
    return large_ ? std::span(large_.get(), kLarge) : std::span(small_);
  }

  /// To be called when the `size` bytes that were read are done with. Not while a read is under
  /// way.
  void fit(std::size_t size) {
    if (large_ && size < kSmall) {
      large_ = nullptr;
    } else if (!large_ && size == kSmall) {
      large_ = std::make_unique_for_overwrite<std::uint8_t[]>(kLarge);
    }
  }

 private:
  std::array<std::uint8_t, kSmall> small_;
  std::unique_ptr<std::uint8_t[]> large_;
};

}  // namespace coresweep
