// A program that coresweep started: what it says, whether it lives, and how it is made to end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/spawn.hpp"
#include "harness/stop_signals.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

/// Runs in a process group of its own, with pipes for its three standard streams and nothing else
/// of ours: when coresweep dies, however it dies, the child's stdin ends. It never outlives this
/// object.
class ChildProcess {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kLongestLine = 4 << 20;
  static constexpr std::size_t kKeptErrors = 4096;
  static constexpr std::chrono::milliseconds kGrace{3000};

  /// Starts `command` as spawn() does. Throws Failure.
  explicit ChildProcess(const std::vector<std::string>& command,
                        const Surroundings& surroundings = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// The next whole line of its stdout that wait_for_news() has read, without its newline.
  [[nodiscard]] std::optional<std::string> take_line();

  [[nodiscard]] bool has_line() const { return output_.find('\n', taken_) != std::string::npos; }

  /// It wrote kLongestLine bytes without a newline: no line will ever come.
  [[nodiscard]] bool line_is_too_long() const;

  /// Of what it wrote on stdout nothing is kept: nobody will ask for it.
  void discard_output();

  /// All that is left of its stdout, such as a last line without its newline.
  [[nodiscard]] std::string take_rest();

  /// False when it no longer reads; its end is then about to be noticed.
  [[nodiscard]] bool send_line(std::string_view line);
  void close_stdin() { stdin_.reset(); }

  /// It has ended, and all it wrote has been read.
  [[nodiscard]] bool has_ended() const { return !pidfd_.is_open(); }
  [[nodiscard]] bool ended_well() const { return has_ended() && wait_status_ == 0; }
  /// Of a process that ended by itself; nothing while it lives, or when a signal ended it.
  [[nodiscard]] std::optional<int> exit_code() const;
  /// "exited with 1" or "was killed by signal 9 (Killed)"; only once it has ended.
  [[nodiscard]] std::string ending() const;

  /// The last kKeptErrors bytes of its stderr, and the last line of them.
  [[nodiscard]] std::string errors() const;
  [[nodiscard]] std::string last_error_line() const;
  /// Likewise of its stdout, taken and discarded or not.
  [[nodiscard]] std::string last_output_line() const;

  /// What it wrote on stderr since the last call: all of it, if asked after each wait_for_news().
  [[nodiscard]] std::string take_errors();

  /// To itself alone: a script may have its own way to stop whom it started.
  void tell(int signal);

  /// To its whole process group, and to itself if it left that; nothing happens once it has ended.
  void send_signal(int signal);
  /// With SIGKILL, and its whole process group.
  void kill_now();

  /// Closes its stdin, then after `grace` sends SIGTERM, then SIGKILL to its whole process group.
  void stop(std::chrono::milliseconds grace = kGrace);

 private:
  friend void wait_for_news(const std::vector<ChildProcess*>& children, const StopSignals& signals,
                            Clock::time_point deadline);

  /// True when `other_descriptor` (-1 for none) became readable.
  static bool poll_once(const std::vector<ChildProcess*>& children, int other_descriptor,
                        Clock::time_point deadline);
  [[nodiscard]] std::size_t untaken() const { return output_.size() - taken_; }
  void read_stdout();
  void read_stderr();
  void reap();
  void wait_for_end(std::chrono::milliseconds most);

  pid_t pid_ = -1;
  FileDescriptor pidfd_;
  FileDescriptor stdin_;
  FileDescriptor stdout_;
  FileDescriptor stderr_;
  std::string output_;
  std::size_t taken_ = 0;  ///< of output_
  std::string last_line_;  ///< the end of the last that was taken or discarded
  std::string errors_;
  std::size_t errors_taken_ = 0;
  int wait_status_ = 0;
};

/// Sleeps until one of `children` said something or ended, or until `deadline`. Throws Interrupted
/// as soon as the operator asks to stop. Ended children are not waited for.
void wait_for_news(const std::vector<ChildProcess*>& children, const StopSignals& signals,
                   ChildProcess::Clock::time_point deadline);

}  // namespace coresweep
