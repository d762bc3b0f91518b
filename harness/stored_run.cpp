#include "harness/stored_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

#include "harness/failure.hpp"
#include "harness/sequential_looks.hpp"
#include "harness/stored_lines.hpp"

namespace coresweep {
namespace {

// One in thirty years, and more than results/schema.json allows: ratios of these are finite.
constexpr double kLeastThroughput = 1e-9;
constexpr double kMostThroughput = 1e18;

Json value_or_null(const Json& line, const std::string& path) {
  const Json* value = find_stored(line, path);
  return value == nullptr ? Json() : *value;
}

int whole_at(const std::string& where, const Json& line, const std::string& path, int least) {
  const Json value = value_or_null(line, path);
  constexpr int kMost = std::numeric_limits<int>::max();
  if (!value.is_number_integer() || value < least || value > kMost) {
    refuse_stored(where, path, value, fmt::format("a whole number from {} to {}", least, kMost));
  }
  return value.get<int>();
}

std::string text_at(const std::string& where, const Json& line, const std::string& path) {
  const Json value = value_or_null(line, path);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    refuse_stored(where, path, value, "a text");
  }
  return value.get<std::string>();
}

std::vector<std::string> texts_at(const std::string& where, const Json& line,
                                  const std::string& path) {
  const Json value = value_or_null(line, path);
  const auto is_text = [](const Json& entry) { return entry.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) {
    refuse_stored(where, path, value, "a list of texts");
  }
  return value.get<std::vector<std::string>>();
}

// A plan's http2 or engine: one name, or a list of several; absent in runs older than it.
std::vector<std::string> names_at(const std::string& where, const Json& run,
                                  const std::string& path) {
  const Json* value = find_stored(run, path);
  if (value == nullptr || value->is_string()) {
    return value == nullptr ? std::vector<std::string>()
                            : std::vector<std::string>{value->get<std::string>()};
  }
  return texts_at(where, run, path);
}

// The conditions in `part` of the line: its plan, or its factors; absent in runs older than they.
ConditionValues conditions_at(const std::string& where, const Json& line, const std::string& part) {
  const Json asked = only_keys(find_stored(line, "/" + part), kConditionKeys);
  // Whether its servers had that thread was settled before it ran.
  constexpr int kAnyThreads = std::numeric_limits<int>::max();
  return read_conditions(StrictObject(asked, where, part, kConditionKeys), kAnyThreads);
}

Conditions one_condition_at(const std::string& where, const Json& line) {
  const auto conditions = conditions_of(conditions_at(where, line, "factors"));
  if (conditions.size() != 1) {
    refuse_stored(where, "/factors", *find_stored(line, "/factors"),
                  "one value a trial of each condition");
  }
  return conditions.front();
}

StoredLine stored_line(const std::string& where, Json json) {
  StoredLine line{where, {}, 0, 0, std::move(json), {}};
  const auto factor = [&line, &where](const char* path) { return text_at(where, line.json, path); };
  line.arm = {factor("/factors/architecture"), kEpoll, factor("/factors/http2")};
  if (find_stored(line.json, "/factors/engine") != nullptr) {  // absent in runs older than it
    line.arm.engine = factor("/factors/engine");
  }
  line.threads = whole_at(where, line.json, "/factors/threads", 1);
  line.connections = whole_at(where, line.json, "/factors/connections", 1);
  line.conditions = one_condition_at(where, line.json);
  return line;
}

StoredTrial stored_trial(const std::string& where, Json json) {
  StoredTrial trial{stored_line(where, std::move(json)), 0, {}, {}};
  trial.block = whole_at(where, trial.json, "/block", 0);
  trial.attempt = whole_at(where, trial.json, "/attempt", 1);
  if (find_stored(trial.json, "/session") != nullptr) {  // absent in version 1, never taken up
    trial.session = whole_at(where, trial.json, "/session", 0);
  }
  trial.pair = stored_text(trial.json, "/pair");
  trial.role = text_at(where, trial.json, "/role");
  trial.cell = text_at(where, trial.json, "/cell");
  trial.verdicts = texts_at(where, trial.json, "/verdict");
  trial.throughput_per_s = number_at(trial, "/throughput_per_s");
  trial.latency_from_due_p99_ns = number_at(trial, "/latency_from_due_ns/p99");
  if (trial.is_valid() && (*trial.throughput_per_s < kLeastThroughput ||
                           *trial.throughput_per_s > kMostThroughput)) {  // no ratio has it
    refuse_stored(where, "/throughput_per_s", *find_stored(trial.json, "/throughput_per_s"),
                  *trial.throughput_per_s > kMostThroughput
                      ? fmt::format("at most {}", kMostThroughput)
                      : std::string("more than 0 in a valid trial"));
  }
  return trial;
}

Factors whole_factors(const Json& stored) {
  Factors factors = {{"engine", kEpoll},         {"handler_cpu", "0ns"},
                     {"handler_wait", "0ns"},    {"reply_bytes", 0},
                     {"stall_thread", nullptr},  {"pin", "each"},
                     {"backlog", "whole"},       {"mode", "closed"},
                     {"rate_per_s", nullptr},    {"rate_share", nullptr},
                     {"requests_per_connection", nullptr},
                     {"client_work", 0.0}};
  for (const auto& [name, value] : stored.items()) {
    factors[name] = value;
  }
  return factors;
}

// Adds what `trial` says of its cell, which every other trial of that name must say too.
void note_cell(StoredRun& run, const StoredTrial& trial) {
  Factors factors = whole_factors(trial.json.at("factors"));
  const auto [cell, is_new] = run.cells.try_emplace({trial.role, trial.cell});
  StoredCell& known = cell->second;
  if (is_new) {
    known.factors = std::move(factors);
  } else if (known.contradiction.empty() && known.factors != factors) {
    known.contradiction = trial.where;
  }
}

// Of several attempts at one cell of one block the last counts, and nothing counts twice.
void mark_superseded(std::vector<StoredTrial>& trials) {
  std::map<std::tuple<int, std::string, std::string>, StoredTrial*> last;
  for (StoredTrial& trial : trials) {
    StoredTrial*& known = last[{trial.block, trial.role, trial.cell}];
    if (known != nullptr && known->attempt == trial.attempt) {
      throw WrongUsage(fmt::format("{}: is attempt {} at {} {} of block {}, as is {}", trial.where,
                                   trial.attempt, trial.role, trial.cell, trial.block,
                                   known->where));
    }
    if (known != nullptr) {
      (known->attempt < trial.attempt ? *known : trial).is_superseded = true;
    }
    if (known == nullptr || known->attempt < trial.attempt) {
      known = &trial;
    }
  }
}

std::string trials_file(const std::string& folder) { return folder + "/trials.jsonl"; }

enum class Keep { kAll, kFigures };

StoredRun read_record(const std::string& folder) {
  require_run_folder(folder);
  StoredRun run;
  run.folder = folder;
  const std::string path = folder + "/run.json";
  run.record = read_stored_record(path);
  run.blocks = whole_at(path, run.record, "/plan/blocks", 1);
  const std::string end = folder + "/end.json";
  std::error_code error;
  const bool has_end = std::filesystem::exists(end, error);
  if (run.record.value("schema_version", 1) > 1) {
    run.has_ended = has_end;
  }
  if (has_end) {
    run.blocks = whole_at(end, read_stored_record(end), "/blocks", 1);
  }
  run.traces_planned = value_or_null(run.record, "/plan/trace") == true;
  run.http2 = names_at(path, run.record, "/plan/http2");
  run.engines = names_at(path, run.record, "/plan/engine");
  run.conditions = conditions_at(path, run.record, "plan");
  return run;
}

void read_trials(StoredRun& run, Keep keep) {
  std::vector<StoredTrial> trials;
  each_stored_line(trials_file(run.folder), run.dropped, [&](const std::string& where, Json json) {
    trials.push_back(stored_trial(where, std::move(json)));
    note_cell(run, trials.back());
    if (keep == Keep::kFigures) {
      trials.back().json = Json();
    }
  });
  mark_superseded(trials);
  for (StoredTrial& trial : trials) {
    const bool counts = trial.role == kArmRole && !trial.is_superseded;
    (counts ? run.trials : run.others).push_back(std::move(trial));
  }
}

}  // namespace

std::optional<double> number_at(const StoredLine& line, const std::string& path) {
  const Json value = value_or_null(line.json, path);
  if (value.is_null()) {
    return std::nullopt;
  }
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value < 0) {
    refuse_stored(line.where, path, value, "null or a number that is not negative");
  }
  return value.get<double>();
}

Json only_keys(const Json* whole, const std::vector<std::string>& keys) {
  Json found = Json::object();
  for (const std::string& key : keys) {
    if (whole != nullptr && whole->is_object() && whole->contains(key)) {
      found[key] = whole->at(key);
    }
  }
  return found;
}

Json rate_of(const Json& rate_per_s, const Json& rate_share) {
  return rate_share.is_number() ? Json(fmt::format("{:.0f}%", 100 * rate_share.get<double>()))
                                : rate_per_s;
}

std::string capacity_p99_of(const StoredRun& run) {
  return stored_text(run.record, "/plan/capacity_p99");
}

void refuse_capacity_search(const StoredRun& run) {
  if (const std::string p99 = capacity_p99_of(run); !p99.empty()) {
    throw WrongUsage(
        fmt::format("{}: is a search for capacity (p99 from due of at most {}), which has no "
                    "trials of arms at one load: coresweep resume {} tells its answer again",
                    run.folder, p99, run.folder));
  }
}

double coverage_of(const StoredRun& run) {
  return value_or_null(run.record, "/plan/until_ci").is_string() ? kLookCoverage : kUsualCoverage;
}

StoredRun read_stored_run(const std::string& folder) {
  StoredRun run = read_record(folder);
  refuse_capacity_search(run);
  read_trials(run, Keep::kAll);
  if (run.trials.empty()) {
    throw WrongUsage(
        fmt::format("{}: holds no trial of an arm: nothing was measured", trials_file(folder)));
  }
  const std::string traces_path = folder + "/traces.jsonl";
  std::error_code error;
  if (std::filesystem::exists(traces_path, error)) {
    each_stored_line(traces_path, run.dropped, [&run](const std::string& where, Json json) {
      run.traces.push_back(stored_line(where, std::move(json)));
    });
  }
  return run;
}

StoredRun read_run_figures(const std::string& folder) {
  StoredRun run = read_record(folder);
  read_trials(run, Keep::kFigures);
  return run;
}

void each_trial_again(const StoredRun& run, const std::function<void(const StoredTrial&)>& take) {
  std::map<std::string, bool> superseded;  // by where it stands
  for (const std::vector<StoredTrial>* trials : {&run.trials, &run.others}) {
    for (const StoredTrial& trial : *trials) {
      superseded[trial.where] = trial.is_superseded;
    }
  }
  std::vector<std::string> dropped;
  each_stored_line(trials_file(run.folder), dropped, [&](const std::string& where, Json json) {
    // A sweep that goes on beside us has stored more by now: these would have no column.
    if (const auto known = superseded.find(where); known != superseded.end()) {
      StoredTrial trial = stored_trial(where, std::move(json));
      trial.is_superseded = known->second;
      take(trial);
    }
  });
}

}  // namespace coresweep
