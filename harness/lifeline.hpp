// An agent's connection to its controller, in a thread of its own: so that nothing the agent waits
// for keeps it from hearing that it shall stop, or that nobody is there any more.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "harness/child_process.hpp"
#include "harness/stop_signals.hpp"
#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Reads the words (harness/agent_protocol.hpp), answers no heartbeat and sends its own. The thread
/// that takes the words may sit in any wait over `signals`, which then throws Interrupted:
/// of SIGINT when its word is to be abandoned, of SIGTERM when `in` has ended or been silent for
/// kSilence. If this object is still there kLongestEnd after that, the process kills its children
/// and ends with 1.
class Lifeline {
 public:
  /// Why the other side is taken for gone, if it is.
  enum class Gone {
    kNo,
    kInputEnded,  ///< as when all is done
    kSilent
  };

  /// What a program may take to end, and as long again.
  static constexpr std::chrono::milliseconds kLongestEnd = 2 * ChildProcess::kGrace;

  /// `in` and `out` are others' and stay open. `signals` were made before, and outlive it.
  Lifeline(int in, int out, const StopSignals& signals);
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  /// Waits for the next word: a JSON object with a text "do", and never a heartbeat. Only now is
  /// the one before done. {"do":"abandon"} comes before all others. Throws Interrupted, and
  /// WrongUsage for a line that is no word.
  [[nodiscard]] Json take();

  /// Says the reply to the word that was taken, unless that was abandoned meanwhile. Throws
  /// Failure when nobody reads it.
  void reply(const Json& line);

  /// An `abandon` has come that was not taken yet.
  [[nodiscard]] bool is_abandoned();

  [[nodiscard]] Gone why_gone();

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void read_input();
  void add_line(std::string_view line);
  void beat() const;
  void give_up(Gone why);
  [[nodiscard]] static bool is_readable(int descriptor, int other, Clock::time_point deadline);
  void end_word();

  const int in_;
  const int out_;
  const StopSignals& signals_;
  FileDescriptor news_;    ///< readable when there is something to take
  FileDescriptor ending_;  ///< readable once this object ends

  std::mutex mutex_;  // of what follows; held for no longer than that takes
  std::deque<std::string> words_;
  bool is_abandoned_ = false;
  bool is_busy_ = false;         // with a word that was taken
  bool was_interrupted_ = false;  // by a SIGINT of ours, since it was taken
  Gone why_gone_ = Gone::kNo;

  mutable std::mutex writing_;  // to out_

  std::string input_;  // of the thread alone, as what follows
  Clock::time_point heard_;
  std::thread thread_;  // the last: it uses all others
};

}  // namespace coresweep
