// What the kernel counts for a process and its threads, and the clock that every event carries.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>

#include "support/json_lines.hpp"

namespace coresweep {

/// CLOCK_MONOTONIC in nanoseconds: one clock for all processes of a machine.
[[nodiscard]] std::int64_t monotonic_ns();

/// Seconds that thread `id` of this process was ready to run and had no CPU (/proc/*/schedstat);
/// negative where the kernel does not tell.
[[nodiscard]] double run_delay_s(pid_t id);

/// `time` in seconds.
[[nodiscard]] double to_seconds(const timeval& time);

/// Adds cpu_user_s, cpu_system_s, context_switches_voluntary and context_switches_involuntary.
void add_usage(Json& json, const rusage& usage);

/// The same keys, run_delay_s and migrations for a thread of this process, from /proc: its user and
/// system time come in ticks of 10 ms, split as the kernel sampled them. Null where the thread is
/// gone, or the kernel does not tell.
void add_thread_usage(Json& json, pid_t id);

}  // namespace coresweep
