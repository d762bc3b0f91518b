// One timed round of what a machine does for a server: reading the time, a system call, a switch, a
// wake-up, a way over loopback. Each runs in threads of its own, which are gone when it returns.
#pragma once

#include <chrono>

#include "support/file_descriptor.hpp"

namespace coresweep {

/// Where a round's threads are pinned: one thread, or two on one CPU, use the first alone.
struct ProbeCpus {
  int first = 0;
  int second = 0;
};

struct ProbeRound {
  double ns = 0;         ///< of one operation, the mean over the round
  double thread_s = 0;   ///< that its threads lasted, added up
  double waited_s = 0;   ///< that they were ready to run and had no CPU; negative: not told
};

/// A round lasts this long, and at most one operation more.
inline constexpr std::chrono::milliseconds kProbeRound{30};

// All throw Failure when a thread cannot be pinned or the kernel gives no descriptor.

/// clock_gettime(CLOCK_MONOTONIC).
[[nodiscard]] ProbeRound time_clock(ProbeCpus cpus);

/// getppid, past the C library: into the kernel and out again.
[[nodiscard]] ProbeRound time_syscall(ProbeCpus cpus);

/// A read of 8 bytes from an eventfd that always has them.
[[nodiscard]] ProbeRound time_eventfd_read(ProbeCpus cpus);

/// Half of a ping-pong over two eventfds between two threads on the first CPU: a write, a switch
/// and a read.
[[nodiscard]] ProbeRound time_context_switch(ProbeCpus cpus);

/// From before a write to an eventfd on the first CPU to the return of epoll_wait on the second,
/// whose thread slept.
[[nodiscard]] ProbeRound time_epoll_wake_up(ProbeCpus cpus);

/// Two ends of a TCP connection over 127.0.0.1 with TCP_NODELAY.
struct LoopbackPair {
  FileDescriptor ours;
  FileDescriptor partners;
};
[[nodiscard]] LoopbackPair connect_over_loopback();

/// 8 bytes there and back, both threads blocking in read.
[[nodiscard]] ProbeRound time_loopback(const LoopbackPair& pair, ProbeCpus cpus);

}  // namespace coresweep
