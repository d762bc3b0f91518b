// Which connections carry how much of the load: evenly, a hot few, or by Zipf's law.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace coresweep {

struct LoadSpread {
  enum class Kind {
    even,
    hot,   ///< `share_of_load` goes to `share_of_connections`, each part evenly
    zipf,  ///< the n-th busiest connection gets as much as the first by n^exponent
  };
  Kind kind = Kind::even;
  double share_of_connections = 0;  ///< above 0, below 1
  double share_of_load = 0;         ///< likewise
  double exponent = 0;              ///< above 0
};

/// "10%:90%" or "zipf:1.1". Nothing when the text is anything else.
[[nodiscard]] std::optional<LoadSpread> parse_load_spread(std::string_view text);

/// The weights of all connections, busiest first; their sum is 1. At least one is hot, and at least
/// one is not. Requires two connections where it is not even.
[[nodiscard]] std::vector<double> weights_of(const LoadSpread& spread, std::size_t connections);

}  // namespace coresweep
