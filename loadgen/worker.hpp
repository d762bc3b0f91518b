// One load thread: its connections, its epoll set, its recorder. Threads share nothing while they
// run but the schedule, which is only read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/connection.hpp"
#include "loadgen/due_queue.hpp"
#include "loadgen/event_wait.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/pacer.hpp"
#include "loadgen/phase.hpp"
#include "loadgen/recorder.hpp"

namespace coresweep {

class Worker {
 public:
  /// `options`, `call` and `schedule` must outlive the worker; `schedule` is first read by run().
  /// `number` is the thread's.
  Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
         int connections, int number);

  /// Opens every connection and waits until the server's SETTINGS have come on each. Returns an
  /// empty string, or the line for the operator.
  [[nodiscard]] std::string open_connections();

  /// Drives the load from now to the end of the drain, or until no connection is left.
  void run();

  /// After run().
  [[nodiscard]] LoadFigures figures() const;

 private:
  // A connection, what it has to send, and since when it has had a slot for it: all times before
  // that it had none.
  struct Lane {
    Connection connection;
    DueQueue due;
    std::int64_t slot_free_ns = 0;
  };

  [[nodiscard]] std::string await_settings();
  void on_event(Lane& lane, std::uint32_t events);
  void read(Lane& lane);
  void send_more(Lane& lane, std::int64_t now);
  void lose(Lane& lane, std::int64_t now);
  void watch(Lane& lane, int operation);
  [[nodiscard]] bool sends(std::int64_t now) const;
  void add_due(Lane& lane, std::int64_t due_ns);
  void send_what_is_due(std::int64_t now);
  [[nodiscard]] Lane& next_lane();
  [[nodiscard]] std::span<const epoll_event> wait(std::int64_t now);

  const LoadOptions& options_;
  const Schedule& schedule_;
  const int number_;
  Recorder recorder_;
  EventWait events_;
  std::vector<Lane> lanes_;
  std::optional<Pacer> pacer_;  // none: each answer makes the next request due
  std::size_t turn_ = 0;        // of the lane that the next request of the pacer goes to
  std::vector<Lane*> due_;      // those with something new to send
  std::uint64_t overdue_ = 0;   // due, not yet sent
  std::vector<std::uint8_t> buffer_;
  std::vector<FinishedCall> finished_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t lost_ = 0;
  std::string first_loss_;
};

}  // namespace coresweep
