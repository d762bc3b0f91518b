// What every architecture is given: the options, the limits, the threads' counters, and the
// operator's line: `ready` once it listens, then `snapshot` and `stop` on stdin until it is time to
// go.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/handler_cost.hpp"
#include "servers/held_memory.hpp"
#include "servers/open_connections.hpp"
#include "servers/server_options.hpp"
#include "servers/server_thread.hpp"
#include "servers/snapshot.hpp"
#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

class Server {
 public:
  /// Blocks SIGINT and SIGTERM for this thread and those it starts: they are read as `stop`.
  explicit Server(ServerOptions options);

  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] std::span<ServerThread> threads() { return threads_; }
  [[nodiscard]] std::span<const ServerThread> threads() const { return threads_; }
  [[nodiscard]] const HandlerCost& handler_cost() const { return handler_cost_; }
  [[nodiscard]] OpenConnections& open_connections() { return open_; }
  [[nodiscard]] HeldMemory& held_memory() { return held_; }

  /// Says that a connection is open on no thread in particular.
  void serve_by_any_thread() { serving_ = Serving::by_any_thread; }

  /// Snapshots are `counts(event)` from now on, not those of threads(): for whoever serves on
  /// threads or in processes that are not these.
  void count_by(std::function<Json(std::string_view event)> counts) { counts_ = std::move(counts); }

  /// Calls `on_child_ended` whenever a child process may have ended, while it waits for `stop`.
  void watch_children(std::function<void()> on_child_ended);

  /// Says on stdout that every listener is open, on `endpoint`. `pids`: of the processes that serve
  /// beside this one.
  void announce_ready(const boost::asio::ip::tcp::endpoint& endpoint,
                      const std::vector<pid_t>& pids = {});

  /// Serves the operator's lines until `stop`, end of stdin or a signal. Calls `every_second` in
  /// between.
  void wait_for_stop(const std::function<void()>& every_second);

  /// Says on stdout what the whole life came to. Call when no thread serves any longer.
  void announce_stopped();

 private:
  enum class Line { go_on, stop };

  // Takes what stdin has; acts on each whole line.
  [[nodiscard]] Line read_lines();
  [[nodiscard]] Line act_on(std::string_view line);
  [[nodiscard]] Line read_signal();
  void stall_thread();
  void print_snapshot(std::string_view event);

  ServerOptions options_;
  std::vector<ServerThread> threads_;
  HandlerCost handler_cost_;
  OpenConnections open_;
  HeldMemory held_;
  Serving serving_ = Serving::by_one_thread;
  std::function<Json(std::string_view)> counts_;
  std::function<void()> on_child_ended_;
  FileDescriptor signals_;
  std::string unread_;         // a line of stdin without its end
  bool passing_over_ = false;  // the rest of a line that was too long
  std::uint64_t sequence_ = 0;
};

}  // namespace coresweep
