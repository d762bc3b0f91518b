// What `loadgen` can be told, each with its default and its limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/client_work.hpp"
#include "loadgen/load_spread.hpp"
#include "loadgen/pacer.hpp"
#include "loadgen/resolve.hpp"
#include "loadgen/service_call.hpp"

namespace coresweep {

enum class Start {
  now,
  go,  ///< when a line `go` comes on stdin, or at the time that stands in it
  at,  ///< at LoadOptions::start_epoch_ns
};

struct Target {
  std::string text;  ///< as given: also what the requests call their authority
  std::string host;
  std::uint16_t port = 0;
  SocketAddress address;  ///< once it is resolved
};

struct LoadOptions {
  Target target;
  ServiceCall service;
  int connections = 32;
  int streams = 1;  ///< requests in flight a connection
  int threads = 1;
  bool churns = false;               ///< a closed loop whose connections end and are opened again
  int requests_per_connection = 0;   ///< then it is closed and opened again; 0: never
  bool abortive_close = false;       ///< with a reset
  std::optional<Arrivals> arrivals;  ///< of an open loop; none: each answer makes the next due
  std::int64_t rate_per_s = 0;       ///< of an open loop, all threads and phases together
  std::vector<std::int64_t> rate_steps;  ///< of an open loop: one run each, in place of the rate
  Share phase;                           ///< of an open loop: which of several clients this is
  std::uint64_t seed = 1;                ///< of what is drawn
  int idle_connections = 0;              ///< opened beside the others, never used
  LoadSpread spread;                     ///< which connections have how much of the load
  std::string spread_text = "even";
  std::chrono::nanoseconds think_time{0};  ///< of a closed loop: mean, drawn exponentially
  AddedWork client_work;
  std::string client_work_text = "0%";
  std::vector<int> pin;  ///< thread i runs on pin[i]; empty: wherever the process may run
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  Start start = Start::now;
  std::int64_t start_epoch_ns = 0;  ///< CLOCK_REALTIME
  bool quiet = false;               ///< no text for people but errors
};

/// "1/3": the first of three. Nothing when the text is anything else.
[[nodiscard]] std::optional<Share> parse_phase(std::string_view text);
[[nodiscard]] std::string format_phase(const Share& phase);

/// A time to start at, in nanoseconds since 1970: at most a day ahead, since a farther one is in
/// other units. It may have passed. Nothing when the text is anything else.
[[nodiscard]] std::optional<std::int64_t> parse_start_time(std::string_view text);
/// What parse_start_time takes, for error messages.
inline constexpr std::string_view kStartTimeForm = "nanoseconds since 1970, at most a day ahead";

struct ReadLoadOptions {
  bool goes_on = false;  ///< false: leave with `exit_code`, all is said
  int exit_code = 0;
  LoadOptions options;
};

[[nodiscard]] ReadLoadOptions read_load_options(int argc, const char* const* argv);

}  // namespace coresweep
