// C++23's std::ranges::contains.
#pragma once

#include <algorithm>

namespace coresweep {

template <class Range, class Value>
[[nodiscard]] bool contains(const Range& range, const Value& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

}  // namespace coresweep
