// What each call costs the server on purpose: nothing, unless a plan asks for it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "harness/strict_json.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// One server thread stands still so long, once a second.
struct StalledThread {
  int thread = 0;
  std::chrono::nanoseconds length{};
};

struct Handler {
  std::chrono::nanoseconds cpu{};   ///< of work in each call
  std::chrono::nanoseconds wait{};  ///< of each call, without work
  int reply_bytes = 0;              ///< asked for by each request; 0 is the plain greeting
  std::optional<StalledThread> stall;
};

/// The plan's keys for it, and in run.json and factors.
inline const std::vector<std::string> kHandlerKeys{"handler_cpu", "handler_wait", "reply_bytes",
                                                   "stall_thread"};

/// `fewest_threads` is the plan's smallest thread count: the thread that stalls is always there.
/// Throws WrongUsage.
[[nodiscard]] Handler read_handler(const StrictObject& fields, int fewest_threads);

/// An object of kHandlerKeys, in the plan's own words.
[[nodiscard]] Json to_json(const Handler& handler);

/// What the server is told of it: nothing where it is to do nothing.
[[nodiscard]] std::vector<std::string> server_flags(const Handler& handler);
/// What the load generator is told of it.
[[nodiscard]] std::vector<std::string> load_flags(const Handler& handler);

}  // namespace coresweep
