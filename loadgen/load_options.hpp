// What `loadgen` can be told, each with its default and its limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/pacer.hpp"
#include "support/endpoint.hpp"

namespace coresweep {

enum class Start {
  now,
  go,  ///< when a line `go` comes on stdin; the end of stdin then ends the program, at any time
};

struct LoadOptions {
  Endpoint target;
  int connections = 32;
  int streams = 1;  ///< requests in flight a connection
  int threads = 1;
  std::optional<Arrivals> arrivals;  ///< of an open loop; none: each answer makes the next due
  std::int64_t rate_per_s = 0;       ///< of an open loop, all threads together
  std::uint64_t seed = 1;            ///< of what is drawn
  std::vector<int> pin;  ///< thread i runs on pin[i]; empty: wherever the process may run
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  Start start = Start::now;
};

struct ReadLoadOptions {
  bool goes_on = false;  ///< false: leave with `exit_code`, all is said
  int exit_code = 0;
  LoadOptions options;
};

[[nodiscard]] ReadLoadOptions read_load_options(int argc, const char* const* argv);

}  // namespace coresweep
