// One load thread: its connections, its epoll set, its recorder. Threads share nothing while they
// run but the schedule, which is only read.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "loadgen/client_work.hpp"
#include "loadgen/event_wait.hpp"
#include "loadgen/in_flight.hpp"
#include "loadgen/lane.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/pacer.hpp"
#include "loadgen/phase.hpp"
#include "loadgen/recorder.hpp"
#include "loadgen/source_addresses.hpp"
#include "loadgen/timer_queue.hpp"

namespace coresweep {

class Worker {
 public:
  /// `options`, `call` and `schedule` must outlive the worker; `schedule` is first read by run().
  /// `number` is the thread's.
  /// `weights` are its connections' shares of all threads' load; `idle` are opened beside them and
  /// not used.
  Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
         const std::vector<double>& weights, std::size_t idle, int number);
  /// Opens every connection and waits until the server's SETTINGS have come on each. Returns an
  /// empty string, or the line for the operator: at the first that fails, or once none has opened
  /// for 1.8 s.
  [[nodiscard]] std::string open_connections();
  /// By what became of them; once open_connections() has returned a line, nothing changes it.
  [[nodiscard]] const ConnectionTally& connections() const { return connections_; }

  /// Answers what the server asks until `raised` can be read: an eventfd that all workers wait for.
  void await_start(int raised);

  /// Drives the load from the schedule's begin to the end of the drain. A connection that is lost
  /// is opened again (at most one a millisecond), and what is due on it waits.
  void run();

  /// After run().
  [[nodiscard]] LoadFigures figures() const;

 private:
  void on_event(Lane& lane, std::uint32_t events);
  void read_what_is_there();
  void read(Lane& lane);
  void see_failure(const ClientSession& session);
  void send_more(Lane& lane, std::int64_t now);
  void see_width(Lane& lane);
  [[nodiscard]] bool has_slot(const Lane& lane) const;
  [[nodiscard]] bool may_start(const Lane& lane, std::int64_t now) const;
  void start_calls(Lane& lane, std::int64_t now);
  [[nodiscard]] Lane& next_lane();
  [[nodiscard]] std::span<const epoll_event> wait(std::int64_t now);

  // In worker_due.cpp: requests until they are sent.
  void begin_load(std::int64_t now);
  [[nodiscard]] bool sends(std::int64_t now) const;
  [[nodiscard]] std::int64_t next_due() const;
  [[nodiscard]] Lane& choose_lane();
  void add_due(Lane& lane, std::int64_t due_ns);
  void hand_over(Lane& lane, std::int64_t due_ns);
  void make_next_due(Lane& lane, std::int64_t now);
  void send_what_is_due(std::int64_t now, int most_lanes = std::numeric_limits<int>::max());
  void give_up_the_rest();

  // In worker_connections.cpp: their lives.
  [[nodiscard]] std::string not_in_time(std::int64_t began);
  void begin_open(Lane& lane);
  void go_on_opening(Lane& lane);
  [[nodiscard]] bool is_used_up(const Lane& lane) const;
  void renew(Lane& lane, std::int64_t now);
  void lose(Lane& lane, std::int64_t now);
  void let_go(Lane& lane, std::int64_t now);
  void see_off(Lane& lane, std::int64_t now);
  void fail_to_open(Lane& lane, ConnectFailure failure, std::string_view why);
  void close(Lane& lane, Connection::Close how);
  void reopen_later(Lane& lane, std::int64_t now);
  void reopen(std::int64_t now);
  void watch(Lane& lane, int operation);
  [[nodiscard]] std::size_t number_of(const Lane& lane) const {
    return static_cast<std::size_t>(&lane - lanes_.data());
  }

  const LoadOptions& options_;
  const Schedule& schedule_;
  const int number_;
  Recorder recorder_;
  EventWait events_;
  std::vector<Lane> lanes_;
  std::size_t busy_;  // of lanes_, the first: the others are idle
  double share_;      // of all threads' load
  std::optional<std::discrete_distribution<std::size_t>> chosen_;  // where the load is uneven
  std::mt19937_64 random_;
  TimerQueue thinking_;  // closed loops' slots, until they are due again
  ClientWork work_;
  bool begun_ = false;
  std::uint64_t begun_late_ns_ = 0;
  std::optional<Pacer> pacer_;  // none: each answer makes the next request due
  std::uint32_t requests_;      // different ones, sent in turn
  std::size_t turn_ = 0;        // of the lane that the next request of the pacer goes to
  std::deque<Lane*> fresh_;     // those with something new to send, that nobody looks at else
  std::uint64_t overdue_ = 0;   // due, not yet sent
  std::uint64_t given_up_ = 0;  // due when too many were that already, or never even drawn
  std::string first_message_;   // of the answers that were wrong
  std::string first_wrong_reply_;
  std::vector<std::uint8_t> buffer_;
  std::vector<FinishedCall> finished_;
  InFlight in_flight_;
  ConnectionTally connections_;  // its segments are those of the whole life
  std::size_t opening_ = 0;
  TimerQueue reopening_;
  std::int64_t next_reopen_ns_ = 0;  // no earlier, however many wait
  std::int64_t next_look_ns_ = 0;    // for those that take too long to open
  SourceAddresses sources_;
  bool spreads_sources_;
};

}  // namespace coresweep
