// The controller's end of one host's agent: its lines, its heartbeats, and how it was lost.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/child_process.hpp"
#include "harness/inventory.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// What runs the agent on `host`: ssh by that file, or, on this machine, this program itself.
[[nodiscard]] std::vector<std::string> agent_command(const InventoryHost& host,
                                                     const std::filesystem::path& ssh_config);

class HostLink {
 public:
  using Clock = ChildProcess::Clock;

  /// How long the first line may take: ssh itself gives up on a connection after 5 s.
  static constexpr std::chrono::seconds kFirstLine{15};

  /// Starts `command`. `ssh_config` is what its endings are told by; empty: it is no ssh. Throws
  /// Failure.
  HostLink(std::string name, const std::vector<std::string>& command, std::string ssh_config);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// That it does not arrive shows as a loss.
  void say(const Json& word);

  /// The next line that is no heartbeat, of those that wait_for_links() has read.
  [[nodiscard]] std::optional<Json> take();
  [[nodiscard]] bool has_line() const { return !lines_.empty(); }

  /// Nothing will come any more: its line, beginning with the host's name. Empty while it lives, or
  /// has lines that nobody took.
  [[nodiscard]] std::string why_lost() const;

  /// When it last gave a sign of life, which it does each second.
  [[nodiscard]] Clock::time_point heard_at() const { return heard_; }

  /// Asks the agent to end; whoever has several links tells all of them before the first is gone.
  void close() { process_.close_stdin(); }

 private:
  friend void wait_for_links(const std::vector<HostLink*>& links, const StopSignals& signals,
                             Clock::time_point deadline);

  void hear();
  void beat();
  void lose(const std::string& why);
  [[nodiscard]] Clock::time_point silent_at() const;

  std::string name_;
  std::string ssh_config_;
  ChildProcess process_;
  std::deque<Json> lines_;
  std::string lost_;
  bool has_spoken_ = false;
  Clock::time_point heard_;  ///< the last line
  Clock::time_point said_;   ///< likewise ours
};

/// Sleeps until one of `links` has a line or is lost, or until `deadline`; beats meanwhile. Throws
/// Interrupted.
void wait_for_links(const std::vector<HostLink*>& links, const StopSignals& signals,
                    HostLink::Clock::time_point deadline);

}  // namespace coresweep
