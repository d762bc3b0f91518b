// How wide a line on stdout may be, and which characters it may be made of.
#pragma once

#include <cstddef>

namespace coresweep {

enum class Letters {
  kAscii,
  kUtf8,
};

struct TextSpace {
  std::size_t columns = 80;
  Letters letters = Letters::kAscii;
};

/// Of the terminal that stdout is; 80 columns where it is none or does not tell. The letters are
/// those of the operator's locale, and ASCII where that is not installed.
[[nodiscard]] TextSpace text_space_of_stdout();

}  // namespace coresweep
