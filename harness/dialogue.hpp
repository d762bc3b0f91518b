// The programs of one trial, and how it talks to them: every step has its time, and the end of
// either is noticed whichever of them is waited for.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "harness/child_process.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Why a trial cannot go on.
struct Breakdown {
  std::string reason;
};

class Dialogue {
 public:
  enum class Stdout {
    kLines,   ///< JSON lines, each of which is due
    kIgnored  ///< whatever it says is no word of ours
  };

  struct Program {
    std::string name;
    Stdout means = Stdout::kLines;
    std::optional<ChildProcess> process = std::nullopt;
  };

  explicit Dialogue(const StopSignals& signals) : signals_(signals) {}
  ~Dialogue();
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  Program server{"server"};
  Program load{"load generator"};

  /// Throws Breakdown when it no longer listens.
  void tell(Program& program, const char* word);

  /// The next line of `from`, which has to be that event. A program that has ended meanwhile, with
  /// nothing left that it said before, is a breakdown.
  [[nodiscard]] Json expect(Program& from, const char* event, std::chrono::nanoseconds most);

  /// Likewise any of these events.
  [[nodiscard]] Json expect_any(Program& from, std::initializer_list<const char*> events,
                                std::chrono::nanoseconds most);

  /// Waits until `deadline`. False, at once, when `from` has said something or a program has ended.
  [[nodiscard]] bool stays_quiet(const Program& from, ChildProcess::Clock::time_point deadline);

  void wait_for_end(Program& program);

  /// Until something happened or `deadline`; throws Interrupted.
  void wait(ChildProcess::Clock::time_point deadline);

  /// Throws Breakdown when one of them has ended and nothing that it said is left.
  void require_running();

  /// Ends it, if it runs, whatever it is doing. `errors` gets the end of its stderr. To one that
  /// speaks no word of ours the end of stdin need not mean anything: it gets no `grace`.
  static void end(Program& program, std::string& errors,
                  std::chrono::milliseconds grace = ChildProcess::kGrace);

  /// What broke when `program` has ended. A load that loses its server ends with it, and may be
  /// seen to end first: then the server's end is the reason.
  [[nodiscard]] Breakdown breakdown_by(const Program& program);

  /// "the server exited with 1: its last words"; only once it has ended.
  [[nodiscard]] static std::string ending_of(const Program& program);

 private:
  /// As wait(), for one that only has to stay out of the other's way: its stdout must not fill up.
  void wait_and_ignore(ChildProcess::Clock::time_point deadline);

  const StopSignals& signals_;
};

}  // namespace coresweep
