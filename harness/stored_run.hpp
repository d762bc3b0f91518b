// A run's folder read back: what was stored, checked as far as whoever reads it relies on it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/outcome.hpp"
#include "harness/plan.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// The role of the trials that are compared with each other. Those of any other role (the ceiling,
/// twins, controls) say how far that comparison can be believed.
inline constexpr const char* kArmRole = "arm";
inline constexpr const char* kCeilingRole = "ceiling";
inline constexpr const char* kSameRole = "aa";
inline constexpr const char* kCapacityRole = "capacity";

/// One line of trials.jsonl or of traces.jsonl.
struct StoredLine {
  std::string where;  ///< file and line, for complaints
  Arm arm;
  int threads = 0;
  int connections = 0;
  Json json;  ///< all of it but histograms
  Conditions conditions = {};
};

struct StoredTrial : StoredLine {
  int block = 0;
  std::vector<std::string> verdicts;
  std::optional<double> throughput_per_s;
  std::optional<double> latency_from_due_p99_ns = {};
  int attempt = 1;
  int session = 0;  ///< how often the run had been taken up again before
  std::string pair = {};  ///< of hosts, of a fleet: where its block ran
  std::string role = kArmRole;
  std::string cell = {};
  /// A later attempt at the same cell of the same block was stored: this one counts nowhere.
  bool is_superseded = false;

  [[nodiscard]] TrialPlace place() const { return {block, attempt, session}; }
  [[nodiscard]] bool is_valid() const { return verdicts.empty() && throughput_per_s.has_value(); }
};

/// By name; what a run older than a factor leaves out has the value that it was run with.
using Factors = std::map<std::string, Json>;

/// What all trials of one role and cell have in common.
struct StoredCell {
  Factors factors;            ///< those of its first trial
  std::string contradiction;  ///< a trial of that name whose factors are others; else empty
};

struct StoredRun {
  std::string folder;
  int blocks = 0;  ///< as planned, or fewer where the sweep ended at a look
  bool traces_planned = false;     ///< "trace" in the plan
  std::vector<std::string> http2;  ///< in the plan's order, as the next
  std::vector<std::string> engines;
  ConditionValues conditions;
  std::vector<StoredTrial> trials;  ///< of arms, those that count
  std::vector<StoredLine> traces;
  std::vector<std::string> dropped;  ///< last lines that were torn: each file's name and its line
  std::string load_text = {};  ///< which of the plan's several loads these trials are of
  std::vector<StoredTrial> others = {};  ///< of other roles, or superseded
  Json record = {};                      ///< run.json
  std::map<std::pair<std::string, std::string>, StoredCell> cells = {};  ///< by role and name
  std::optional<bool> has_ended = {};  ///< as the run itself says; not known of version 1
};

/// Of `whole`, if it is an object, what it has at `keys`.
[[nodiscard]] Json only_keys(const Json* whole, const std::vector<std::string>& keys);

/// As a plan writes a rate: the share that it was, or requests a second; null of a closed loop.
[[nodiscard]] Json rate_of(const Json& rate_per_s, const Json& rate_share);

/// Within which p99 from due a search for capacity was to stay, such as "5ms"; empty of any other
/// run.
[[nodiscard]] std::string capacity_p99_of(const StoredRun& run);

/// Throws WrongUsage of a search for capacity: it has no trials of arms at one load.
void refuse_capacity_search(const StoredRun& run);

/// Of the headline's interval: the one that its looks promise, or the usual one.
[[nodiscard]] double coverage_of(const StoredRun& run);

/// A run of which arms were measured. Throws WrongUsage, naming file and line, or what else it is.
/// A field that older runs lack may be absent.
[[nodiscard]] StoredRun read_stored_run(const std::string& folder);

/// The same without its traces and without the `json` of its trials, of which there may be a
/// hundred thousand; and it may be a run of which nothing was measured. Throws WrongUsage.
[[nodiscard]] StoredRun read_run_figures(const std::string& folder);

/// Reads the trials of `run` once more and gives each whole line to `take`, as they were when it
/// was read: superseded ones are marked. Throws WrongUsage, and what `take` throws.
void each_trial_again(const StoredRun& run, const std::function<void(const StoredTrial&)>& take);

/// The number at `path` of the line, such as "/server/window_s"; nothing when it is absent or null,
/// which both mean: not measured. Throws WrongUsage when something else stands there.
[[nodiscard]] std::optional<double> number_at(const StoredLine& line, const std::string& path);

}  // namespace coresweep
