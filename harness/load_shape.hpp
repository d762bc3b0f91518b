// How a trial is loaded: what makes a request due, and how long a connection lives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace coresweep {

enum class Mode : std::uint8_t {
  closed,    ///< each stream sends again when it is answered
  constant,  ///< requests are due at a rate, whatever the server does, in equal gaps
  poisson,   ///< likewise, in gaps drawn exponentially
  churn,     ///< closed, on ever new connections
};

struct LoadShape {
  Mode mode = Mode::closed;
  std::int64_t rate_per_s = 0;      ///< due, of an open loop; 0 elsewhere
  int requests_per_connection = 0;  ///< in churn, then it is closed and opened again; 0 elsewhere
  int client_work_percent = 0;      ///< CPU that each request costs the client more, on purpose

  /// Whether requests are due at a rate.
  [[nodiscard]] bool is_open() const { return mode == Mode::constant || mode == Mode::poisson; }
  bool operator==(const LoadShape&) const = default;
};

/// "closed", "constant", "poisson" or "churn": as the load generator, plans and results write it.
[[nodiscard]] std::string mode_name(Mode mode);

/// What tells cells apart by their load in one word: "poisson20000", "constant20000", "churn1";
/// empty for a closed loop. What the client's work is made heavier by is not in it: that is a
/// twin's, of a cell that has a name.
[[nodiscard]] std::string shape_name(const LoadShape& shape);

/// What the load generator is told of it. Of an open loop it also wants a seed.
[[nodiscard]] std::vector<std::string> load_flags(const LoadShape& shape);

}  // namespace coresweep
