// What one load thread has seen: every request accounted for, latencies of the window, own CPU.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <vector>

#include "loadgen/load_figures.hpp"
#include "loadgen/phase.hpp"
#include "protocol/client_session.hpp"
#include "support/histogram.hpp"

namespace coresweep {

/// A thread's own use of CPU between the window's edges, each read by the thread at its first step
/// past the edge.
struct CpuUse {
  std::int64_t at_ns = 0;  ///< CLOCK_MONOTONIC of the reading; 0: not read
  double user_s = 0;
  double system_s = 0;
  double run_delay_s = 0;  ///< ready but without a CPU; negative where the kernel does not tell
  double spun_s = 0;       ///< of user and system: looking for something to do
};
[[nodiscard]] CpuUse read_own_cpu(std::int64_t now, std::int64_t spun_ns);

/// When a request was, all in nanoseconds on CLOCK_MONOTONIC. Due: when it should have been sent;
/// sent: just before it was written.
struct RequestTimes {
  std::int64_t due = 0;
  std::int64_t sent = 0;
};

class Recorder {
 public:
  /// Whose latencies are kept. In an open loop of those *due* in the window, answered whenever they
  /// are: those that ended in it would leave out the ones that it takes longest to answer.
  enum class Latencies : std::uint8_t { answered_in_window, due_in_window };

  /// `schedule` must outlive the recorder.
  explicit Recorder(const Schedule& schedule, Latencies latencies = Latencies::answered_in_window)
      : schedule_(schedule), latencies_(latencies) {}

  // Whatever the phase.
  void on_due(std::int64_t due_ns) { on_due(due_ns, 1); }
  /// All of them due before counted_alike_until(due_ns).
  void on_due(std::int64_t due_ns, std::uint64_t requests);
  /// `late_ns` is for how long it was due and had a slot to be sent on.
  void on_sent(const RequestTimes& times, std::int64_t late_ns);
  /// `grpc_status` as FinishedCall has it.
  void on_finished(CallOutcome outcome, const RequestTimes& times, std::int64_t done_ns,
                   int grpc_status = -1);
  void on_failed(Failure failure, std::int64_t done_ns, std::uint64_t calls);

  /// The answers that finish next came after `came_after_ns`: until then they were not there.
  void on_read(std::int64_t came_after_ns) { came_after_ns_ = came_after_ns; }

  /// The first reply on a connection that was opened in the run.
  void on_first_reply(std::int64_t connect_began_ns, std::int64_t done_ns);

  /// The end of the phase that `due_ns` lies in, or of its second of the window.
  [[nodiscard]] std::int64_t counted_alike_until(std::int64_t due_ns) const;

  /// Reads the thread's CPU when `now` is the first step past an edge of the window. `spun_ns` is
  /// how long it has looked for something to do, so far.
  void on_step(std::int64_t now, std::int64_t spun_ns);

  [[nodiscard]] const Tally& window() const { return window_; }
  [[nodiscard]] const Tally& whole_life() const { return whole_life_; }
  [[nodiscard]] const Histogram& latency_from_due() const { return latency_from_due_; }
  [[nodiscard]] const Histogram& latency_from_sent() const { return latency_from_sent_; }
  /// Of those sent in it: for how long, at most, they were due and had a slot, or would have had
  /// but for an answer that lay unread. Ours, not the server's.
  [[nodiscard]] const Histogram& client_late() const { return client_late_; }
  /// Of the same as the latencies: for how long, at most, an answer had been there unread. (Not
  /// counting what the kernel took to wake the thread: nobody tells it when that began.)
  [[nodiscard]] const Histogram& client_read_late() const { return client_read_late_; }
  [[nodiscard]] std::vector<Second> seconds() const;
  [[nodiscard]] std::vector<Silence> silences() const;
  [[nodiscard]] std::uint64_t due() const { return due_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  /// Due before the window and not yet sent when it began.
  [[nodiscard]] std::uint64_t overdue_at_begin() const { return due_before_ - sent_before_; }
  /// All of the above.
  [[nodiscard]] LoadFigures figures() const;
  [[nodiscard]] const CpuUse& cpu_at_begin() const { return cpu_at_begin_; }
  [[nodiscard]] const CpuUse& cpu_at_end() const { return cpu_at_end_; }

 private:
  [[nodiscard]] bool in_window(std::int64_t now) const {
    return now >= schedule_.window_begin && now < schedule_.window_end;
  }

  // The part of from..to that lies in the window.
  [[nodiscard]] std::int64_t overlap_ns(std::int64_t from, std::int64_t to) const;
  [[nodiscard]] std::int64_t silent_since() const;
  // What lasts from the last answer until `until`; kept where it touches the window.
  void keep_silence(std::int64_t until, std::vector<Silence>& kept) const;
  [[nodiscard]] std::uint64_t waiting() const {
    return due_ - whole_life_.answered - whole_life_.failed_total();
  }

  // Of a time in the window.
  [[nodiscard]] Second& second_of(std::int64_t now);
  // Keeps what the current second has of latencies, and goes on to that of `now`.
  void begin_second(std::int64_t now);

  const Schedule& schedule_;
  const Latencies latencies_;
  Histogram latency_from_due_;
  Histogram latency_from_sent_;
  Histogram client_late_;
  Histogram client_read_late_;
  std::int64_t came_after_ns_ = 0;
  Histogram connect_to_first_reply_;
  Histogram current_second_;  // latencies from due
  std::vector<Second> seconds_;
  std::size_t current_ = 0;       // in seconds_, of current_second_
  std::int64_t current_end_ = 0;  // ns
  Tally window_;
  Tally whole_life_;
  decltype(LoadFigures::statuses) statuses_{};
  std::int64_t last_answer_ns_ = 0;
  std::vector<Silence> silences_;
  std::uint64_t answered_first_half_ = 0;
  std::int64_t latency_in_window_ns_ = 0;  // from sent, summed up
  std::uint64_t due_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t due_before_ = 0;  // the window
  std::uint64_t sent_before_ = 0;
  CpuUse cpu_at_begin_;
  CpuUse cpu_at_end_;
};

}  // namespace coresweep
