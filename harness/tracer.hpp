// Tools that look into a server while it works. Each is one rung of a ladder: whether it works on
// this machine is found out by trying it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/stop_signals.hpp"
#include "harness/trace_tables.hpp"

namespace coresweep {

class Tracer {
 public:
  Tracer() = default;
  virtual ~Tracer() = default;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  [[nodiscard]] virtual std::string tool() const = 0;
  /// As the tool itself says it; only once it has attached.
  [[nodiscard]] virtual std::string version(const StopSignals& signals) const = 0;

  /// Returns once all that the threads of `processes` do is counted. Otherwise what stands in the
  /// way, in a line; empty when it counts.
  [[nodiscard]] virtual std::string attach(const std::vector<pid_t>& processes,
                                           const StopSignals& signals) = 0;

  /// Stops counting and puts what was counted into `table`. Returns as attach() does.
  [[nodiscard]] virtual std::string detach(const StopSignals& signals, CountTable& table) = 0;
};

using Ladder = std::vector<std::unique_ptr<Tracer>>;

/// System calls by name. `perf stat` on the kernel's tracepoints counts in the kernel and hardly
/// slows the server; strace stops it twice a call, but needs nothing but ptrace.
[[nodiscard]] Ladder syscall_tracers();

/// Waits for the kernel's locks by who waited, from lock:contention_begin: bpftrace counts in the
/// kernel; `perf record` writes each down, and may not keep up.
[[nodiscard]] Ladder lock_tracers();

}  // namespace coresweep
