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

  bool operator==(const StalledThread&) const = default;
};

struct Handler {
  std::chrono::nanoseconds cpu{};   ///< of work in each call
  std::chrono::nanoseconds wait{};  ///< of each call, without work
  int reply_bytes = 0;              ///< asked for by each request; 0 is the plain greeting
  std::optional<StalledThread> stall;

  bool operator==(const Handler&) const = default;
};

/// The handlers of a plan: each value of one key with each value of the others. At least one value
/// a key, each different.
struct HandlerValues {
  std::vector<std::chrono::nanoseconds> cpu = {std::chrono::nanoseconds(0)};
  std::vector<std::chrono::nanoseconds> wait = {std::chrono::nanoseconds(0)};
  std::vector<int> reply_bytes = {0};
  std::vector<std::optional<StalledThread>> stall = {std::nullopt};
};

/// The plan's keys for it, and in run.json and factors.
inline const std::vector<std::string> kHandlerKeys{"handler_cpu", "handler_wait", "reply_bytes",
                                                   "stall_thread"};

/// `fewest_threads` is the plan's smallest thread count: the thread that stalls is always there.
/// Throws WrongUsage.
[[nodiscard]] HandlerValues read_handlers(const StrictObject& fields, int fewest_threads);

/// Every one of them, in the plan's order; at least one.
[[nodiscard]] std::vector<Handler> handlers_of(const HandlerValues& values);

/// The one of `values` that `fields` names, key by key; a key with one value need not be named.
/// Throws WrongUsage.
[[nodiscard]] Handler read_choice(const StrictObject& fields, const HandlerValues& values);

/// Objects of kHandlerKeys, in the plan's own words; a list where there are several values.
[[nodiscard]] Json to_json(const Handler& handler);
[[nodiscard]] Json to_json(const HandlerValues& values);

/// What it costs in one word, such as "cpu5us/stall0:200ms"; empty where it costs nothing.
[[nodiscard]] std::string handler_name(const Handler& handler);

/// What tells `handler` from the others of `values`: "handler_cpu 5us, stall_thread none"; empty
/// where it is the only one.
[[nodiscard]] std::string handler_text(const HandlerValues& values, const Handler& handler);

/// What the server is told of it: nothing where it is to do nothing.
[[nodiscard]] std::vector<std::string> server_flags(const Handler& handler);
/// What the load generator is told of it.
[[nodiscard]] std::vector<std::string> load_flags(const Handler& handler);

}  // namespace coresweep
