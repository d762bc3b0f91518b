// What one load thread has seen: every request accounted for, latencies of the window, own CPU.
#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "loadgen/phase.hpp"
#include "protocol/client_session.hpp"
#include "support/histogram.hpp"

namespace coresweep {

/// Why a request failed.
enum class Failure : std::uint8_t {
  wrong_status,
  wrong_payload,
  reset,
  goaway,
  connection_lost,
  protocol_error,
};
inline constexpr std::size_t kFailureKinds = 6;
[[nodiscard]] std::string_view name_of(Failure failure);

/// Requests that ended, by how.
struct Tally {
  std::uint64_t answered = 0;
  std::array<std::uint64_t, kFailureKinds> failed{};

  [[nodiscard]] std::uint64_t failed_total() const;
  void add(const Tally& other);
};

/// A thread's own use of CPU between the window's edges, each read by the thread at its first step
/// past the edge.
struct CpuUse {
  std::int64_t at_ns = 0;  ///< CLOCK_MONOTONIC of the reading; 0: not read
  double user_s = 0;
  double system_s = 0;
  double run_delay_s = 0;  ///< ready but without a CPU; negative where the kernel does not tell
};
[[nodiscard]] CpuUse read_own_cpu(std::int64_t now);

class Recorder {
 public:
  /// `schedule` must outlive the recorder.
  explicit Recorder(const Schedule& schedule) : schedule_(schedule) {}

  void on_sent(std::uint64_t calls) { sent_ += calls; }

  /// A call that was sent at `sent_ns` and ended at `done_ns`, in whatever phase that lies.
  void on_finished(CallOutcome outcome, std::int64_t sent_ns, std::int64_t done_ns);
  void on_failed(Failure failure, std::int64_t done_ns, std::uint64_t calls);

  /// Reads the thread's CPU when `now` is the first step past an edge of the window.
  void on_step(std::int64_t now);

  [[nodiscard]] const Tally& window() const { return window_; }
  [[nodiscard]] const Tally& whole_life() const { return whole_life_; }
  [[nodiscard]] const Histogram& latency_from_sent() const { return latency_from_sent_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] const CpuUse& cpu_at_begin() const { return cpu_at_begin_; }
  [[nodiscard]] const CpuUse& cpu_at_end() const { return cpu_at_end_; }

 private:
  [[nodiscard]] bool in_window(std::int64_t now) const {
    return now >= schedule_.window_begin && now < schedule_.window_end;
  }

  const Schedule& schedule_;
  Histogram latency_from_sent_;
  Tally window_;
  Tally whole_life_;
  std::uint64_t sent_ = 0;
  CpuUse cpu_at_begin_;
  CpuUse cpu_at_end_;
};

}  // namespace coresweep
