// One timed run: the server and the load generator started, timed, read and stopped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "harness/trial_readings.hpp"

namespace coresweep {

struct TrialSetup {
  Cell cell;
  std::string listen;
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};
  std::vector<int> server_cpus;  ///< one a server thread, or all that they roam over
  std::vector<int> load_cpus;    ///< one a load thread
  const Peer* peer = nullptr;    ///< the server, when it is none of ours
  std::uint64_t load_seed = 1;  ///< of an open loop's gaps
};

/// Runs one, wherever: as run_trial().
using RunTrial = std::function<TrialReadings(const TrialSetup&)>;

/// Told within a trial what the load does.
class TrialWatch {
 public:
  TrialWatch() = default;
  virtual ~TrialWatch() = default;
  TrialWatch(const TrialWatch&) = delete;
  TrialWatch& operator=(const TrialWatch&) = delete;

  /// Its connections are open, and it has asked for nothing yet. All of the server's processes are
  /// of that group.
  virtual void load_begins(pid_t server_group) = 0;
  /// All that it asked for is answered.
  virtual void load_ended() = 0;
};

/// What goes wrong within the trial (a program that dies, hangs or talks nonsense) is a reading.
/// Throws Failure when no other trial could do better (the port is taken, a program cannot be
/// started), and Interrupted. Whatever happens, both programs have ended when it returns.
[[nodiscard]] TrialReadings run_trial(const Programs& programs, const TrialSetup& setup,
                                      const StopSignals& signals, TrialWatch* watch = nullptr);

}  // namespace coresweep
