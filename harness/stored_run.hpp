// A run's folder read back: what was stored, checked as far as whoever reads it relies on it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// One line of trials.jsonl or of traces.jsonl.
struct StoredLine {
  std::string where;  ///< file and line, for complaints
  Arm arm;
  int threads = 0;
  int connections = 0;
  Json json;
  Handler handler = {};
};

struct StoredTrial : StoredLine {
  int block = 0;
  std::vector<std::string> verdicts;
  std::optional<double> throughput_per_s;

  [[nodiscard]] bool is_valid() const { return verdicts.empty() && throughput_per_s.has_value(); }
};

struct StoredRun {
  std::string folder;
  int blocks = 0;                  ///< as planned
  bool traces_planned = false;     ///< "trace" in the plan
  std::vector<std::string> http2;  ///< in the plan's order, as the next
  std::vector<std::string> engines;
  HandlerValues handlers;
  std::vector<StoredTrial> trials;  ///< of arms: the ceiling is no arm
  std::vector<StoredLine> traces;
  std::vector<std::string> dropped;  ///< last lines that were torn: each file's name and its line
};

/// Throws WrongUsage, naming file and line. A field that older runs lack may be absent.
[[nodiscard]] StoredRun read_stored_run(const std::string& folder);

/// The number at `path` of the line, such as "/server/window_s"; nothing when it is absent or null,
/// which both mean: not measured. Throws WrongUsage when something else stands there.
[[nodiscard]] std::optional<double> number_at(const StoredLine& line, const std::string& path);

}  // namespace coresweep
