// One load thread: its connections, its epoll set, its recorder. Threads share nothing while they
// run but the schedule, which is only read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/connection.hpp"
#include "loadgen/load_options.hpp"
#include "loadgen/phase.hpp"
#include "loadgen/recorder.hpp"

namespace coresweep {

class Worker {
 public:
  /// `options`, `call` and `schedule` must outlive the worker; `schedule` is first read by run().
  Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
         int connections);

  /// Opens every connection and waits until the server's SETTINGS have come on each. Returns an
  /// empty string, or the line for the operator.
  [[nodiscard]] std::string open_connections();

  /// Drives the load from now to the end of the drain, or until no connection is left.
  void run();

  [[nodiscard]] const Recorder& recorder() const { return recorder_; }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t connections_lost() const { return lost_; }
  [[nodiscard]] std::uint64_t in_flight_at_end() const { return in_flight_; }
  /// How the first connection was lost; empty when none was.
  [[nodiscard]] const std::string& first_loss() const { return first_loss_; }

 private:
  [[nodiscard]] std::string await_settings();
  void on_event(Connection& connection, std::uint32_t events);
  void send_more(Connection& connection, std::int64_t now);
  void lose(Connection& connection, std::int64_t now);
  void watch(Connection& connection, int operation);
  [[nodiscard]] int wait(std::int64_t now);

  const LoadOptions& options_;
  const Schedule& schedule_;
  Recorder recorder_;
  FileDescriptor epoll_;
  std::vector<Connection> connections_;
  std::vector<std::uint8_t> buffer_;
  std::vector<FinishedCall> finished_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t open_ = 0;
  std::uint64_t lost_ = 0;
  std::string first_loss_;
};

}  // namespace coresweep
