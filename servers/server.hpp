// What every architecture is given: the options, the threads' counters, and the operator's line:
// `ready` once it listens, then `snapshot` and `stop` on stdin until it is time to go.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "servers/server_options.hpp"
#include "servers/server_thread.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

class Server {
 public:
  /// Blocks SIGINT and SIGTERM for this thread and those it starts: they are read as `stop`.
  explicit Server(ServerOptions options);

  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] std::span<ServerThread> threads() { return threads_; }
  [[nodiscard]] std::span<const ServerThread> threads() const { return threads_; }

  /// Says on stdout that every listener is open, on `endpoint`.
  void announce_ready(const boost::asio::ip::tcp::endpoint& endpoint);

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
  void print_snapshot(std::string_view event);

  ServerOptions options_;
  std::vector<ServerThread> threads_;
  FileDescriptor signals_;
  std::string unread_;         // a line of stdin without its end
  bool passing_over_ = false;  // the rest of a line that was too long
  std::uint64_t sequence_ = 0;
};

}  // namespace coresweep
