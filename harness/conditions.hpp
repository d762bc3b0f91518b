// What is asked of the server beside its architecture: what a call costs it on purpose, where its
// threads may run, how long its listeners' queues are.
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

enum class Pin {
  each,  ///< every thread on a CPU of its own, as far as there are such
  none,  ///< all roam within the server's CPUs
};

/// How many connections wait to be accepted, at most.
enum class Backlog {
  whole,    ///< in each listener's queue all of them
  divided,  ///< that number over all listeners: it starves many small queues first
};

struct Conditions {
  std::chrono::nanoseconds cpu{};   ///< of work in each call
  std::chrono::nanoseconds wait{};  ///< of each call, without work
  int reply_bytes = 0;              ///< asked for by each request; 0 is the plain greeting
  std::optional<StalledThread> stall;
  Pin pin = Pin::each;
  Backlog backlog = Backlog::whole;

  bool operator==(const Conditions&) const = default;
};

/// The conditions of a plan: each value of one key with each value of the others. At least one
/// value a key, each different.
struct ConditionValues {
  std::vector<std::chrono::nanoseconds> cpu = {std::chrono::nanoseconds(0)};
  std::vector<std::chrono::nanoseconds> wait = {std::chrono::nanoseconds(0)};
  std::vector<int> reply_bytes = {0};
  std::vector<std::optional<StalledThread>> stall = {std::nullopt};
  std::vector<Pin> pin = {Pin::each};
  std::vector<Backlog> backlog = {Backlog::whole};
};

/// The plan's keys for it, and in run.json and factors.
inline const std::vector<std::string> kConditionKeys{"handler_cpu", "handler_wait", "reply_bytes",
                                                   "stall_thread", "pin", "backlog"};

/// `fewest_threads` is the plan's smallest thread count: the thread that stalls is always there.
/// Throws WrongUsage.
[[nodiscard]] ConditionValues read_conditions(const StrictObject& fields, int fewest_threads);

/// Every one of them, in the plan's order; at least one.
[[nodiscard]] std::vector<Conditions> conditions_of(const ConditionValues& values);

/// The one of `values` that `fields` names, key by key; a key with one value need not be named.
/// Throws WrongUsage.
[[nodiscard]] Conditions read_choice(const StrictObject& fields, const ConditionValues& values);

/// Objects of kConditionKeys, in the plan's own words; a list where there are several values.
[[nodiscard]] Json to_json(const Conditions& conditions);
[[nodiscard]] Json to_json(const ConditionValues& values);

/// Those that are asked for, in one word, such as "cpu5us/pin-none"; empty where none is.
[[nodiscard]] std::string conditions_name(const Conditions& conditions);

/// What tells `conditions` from the others of `values`: "handler_cpu 5us, stall_thread none"; empty
/// where they are the only ones.
[[nodiscard]] std::string conditions_text(const ConditionValues& values,
                                          const Conditions& conditions);

/// What the server is told of them but where its threads run, which is told in CPUs; nothing where
/// none is asked for.
[[nodiscard]] std::vector<std::string> server_flags(const Conditions& conditions);
/// What the load generator is told of them.
[[nodiscard]] std::vector<std::string> load_flags(const Conditions& conditions);

}  // namespace coresweep
