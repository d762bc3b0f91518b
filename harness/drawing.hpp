// The programs of plots/ that draw stored runs, started from here.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "harness/stop_signals.hpp"
#include "support/exit.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

struct DrawOptions {
  std::string python;  ///< that has matplotlib
  std::optional<std::string> output = {};  ///< folder for what is drawn; else the program's choice
  std::optional<std::string> price_per_hour = {};  ///< of the machine; of a report
  std::optional<std::string> price_from = {};      ///< where that stands, when nobody typed it
  std::optional<std::string> rate = {};            ///< requests a second to be served; of a report
  /// Then it is stopped. Whoever asked for a report waits for it, or interrupts.
  std::chrono::seconds most = std::chrono::hours(1);
};

struct Drawn {
  std::string report;              ///< path of its file; its charts stand beside it
  std::vector<std::string> lines;      ///< what else the program had to say on its stdout
  std::vector<std::string> shortfalls;  ///< and on its stderr, but for the complaint
  std::string complaint;               ///< why there is no report; else empty
  /// kExitFailed where a report lacks what could not be made: the shortfalls say what.
  int exit_code = kExitDone;
};

/// Each of them on stderr, on a line of its own.
void print_shortfalls(const Drawn& drawn);

/// Draws all charts of the run in `folder` and writes its report. `why` are lines that say how its
/// headline's arms differ. Throws Interrupted.
[[nodiscard]] Drawn draw_report(const std::string& folder, const std::vector<std::string>& why,
                                const DrawOptions& options, const StopSignals& signals);

/// Writes a report of two runs. `compared` says how they differ: its "compared" are lines, and its
/// "differences" the fields of their records, each with its meaning. Throws Interrupted.
[[nodiscard]] Drawn draw_comparison(const std::string& a, const std::string& b,
                                    const Json& compared, const DrawOptions& options,
                                    const StopSignals& signals);

}  // namespace coresweep
