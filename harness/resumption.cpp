#include "harness/resumption.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "harness/failure.hpp"
#include "harness/fingerprint.hpp"
#include "harness/machine.hpp"
#include "harness/stored_lines.hpp"
#include "harness/strict_json.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/trial_result.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestRunRecord = 16 << 20;
constexpr std::size_t kLongestTold = 60;
constexpr std::size_t kMostTold = 8;
// Of trials.jsonl, which is read whole: nobody has measured as much.
constexpr std::size_t kLargestJournal = std::size_t{1} << 31;

std::string told(const Json& value) {
  const std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kLongestTold ? text : text.substr(0, kLongestTold) + "...";
}

// "machine.kernel was "6.1" and is "6.2"" of every value that differs.
void add_differences(const std::string& path, const Json& was, const Json& is,
                     std::vector<std::string>& differences) {
  if (are_alike(path, was, is)) {
    return;
  }
  if (!was.is_object() || !is.is_object()) {
    differences.push_back(fmt::format("{} was {} and is {}", path, told(was), told(is)));
    return;
  }
  const auto each = [&](const Json& keys, const Json& others) {
    for (const auto& [key, value] : keys.items()) {
      const bool is_new = !others.contains(key);
      if (&keys == &was || is_new) {
        add_differences(path.empty() ? key : path + "." + key, was.value(key, Json()),
                        is.value(key, Json()), differences);
      }
    }
  };
  each(was, is);
  each(is, was);
}

constexpr const char* kChanged = "has changed since the run began";
constexpr const char* kGoneSince = "is gone since the run began";
constexpr const char* kNew = "is new since the run began";

// By their names.
std::map<std::string, Json> peers_by_name(const Json& peers) {
  std::map<std::string, Json> named;
  for (const Json& peer : peers.is_array() ? peers : Json::array()) {
    if (const Json name = peer.is_object() ? peer.value("name", Json()) : Json();
        name.is_string()) {
      named.emplace(name.get<std::string>(), peer);
    }
  }
  return named;
}

// "peer tonic: src/main.rs has changed since the run began". `is_told` of a file's name.
template <typename IsTold>
void add_files_that_differ(const std::string& peer, const Json& was, const Json& is,
                           const IsTold& is_told, std::vector<std::string>& differences) {
  const auto add = [&](const std::string& file, const char* how) {
    if (is_told(file)) {
      differences.push_back(fmt::format("peer {}: {} {}", peer, printable_line(file), how));
    }
  };
  for (const auto& [file, sum] : was.items()) {
    if (!is.contains(file) || is.at(file) != sum) {
      add(file, is.contains(file) ? kChanged : kGoneSince);
    }
  }
  for (const auto& [file, sum] : is.items()) {
    if (!was.contains(file)) {
      add(file, kNew);
    }
  }
}

Json files_of_record(const Json& peer) {
  const Json files = peer.value("files", Json());
  return files.is_object() ? files : Json::object();
}

// A list of objects, of which a line with both values would tell nothing.
void add_peers_that_differ(const Json& was, const Json& is,
                           std::vector<std::string>& differences) {
  const auto then = peers_by_name(was);
  const auto now = peers_by_name(is);
  for (const auto& [name, before] : then) {
    const auto found = now.find(name);
    if (found == now.end()) {
      differences.push_back(fmt::format("peer {} {}", name, kGoneSince));
      continue;
    }
    Json one = before;
    Json other = found->second;
    if (one.value("left_out", Json()) == other.value("left_out", Json())) {
      const auto all = [](const std::string& /*file*/) { return true; };
      add_files_that_differ(name, files_of_record(one), files_of_record(other), all, differences);
    }
    one.erase("files");  // who is left out has none
    other.erase("files");
    add_differences("peer " + name, one, other, differences);
  }
  for (const auto& [name, after] : now) {
    if (!then.contains(name)) {
      differences.push_back(fmt::format("peer {} {}", name, kNew));
    }
  }
}

void refuse(const std::string& file, std::vector<std::string> differences) {
  if (differences.empty()) {
    return;
  }
  const std::size_t more = differences.size() - std::min(differences.size(), kMostTold);
  differences.resize(differences.size() - more);
  throw WrongUsage(fmt::format("{}: cannot go on: {}{}", file, fmt::join(differences, "; "),
                               more > 0 ? fmt::format("; and {} more", more) : std::string()));
}

void refuse_differences(const std::string& file, const std::string& path, const Json& was,
                        const Json& is) {
  std::vector<std::string> differences;
  add_differences(path, was, is, differences);
  refuse(file, std::move(differences));
}

// The stored trial at `where` has to be what `planned` says.
void require_planned(const std::string& where, const Json& trial, const PlannedTrial& planned,
                     const Cell& cell) {
  const Json expected{{"trial", planned.trial},
                      {"block", planned.block},
                      {"attempt", planned.attempt},
                      {"cell", cell_name(cell)},
                      {"role", role_name(cell.role)}};
  for (const auto& [key, value] : expected.items()) {
    if (trial.value(key, Json()) != value) {
      throw WrongUsage(fmt::format("{}: {} is {}: the plan's order has {} there", where, key,
                                   told(trial.value(key, Json())), told(value)));
    }
  }
}

std::vector<Json> read_lines(const std::string& path, std::size_t most) {
  std::vector<Json> lines;
  const std::string text = read_text_file(path, most);
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string where = fmt::format("{}: line {}", path, lines.size() + 1);
    Json line;
    try {
      line = parse_bounded_json(text.substr(begin, end - begin));
    } catch (const JsonFault& fault) {
      throw WrongUsage(fmt::format("{}: is not JSON: {}", where, fault.what()));
    }
    if (!line.is_object()) {
      throw WrongUsage(where + ": is no JSON object: allowed is one a line");
    }
    const Json version = line.value("schema_version", Json());
    if (version != kSchemaVersion) {
      throw WrongUsage(fmt::format("{}: schema_version is {}: allowed is {}", where, told(version),
                                   kSchemaVersion));
    }
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

StoppedRun read_stopped_run(const std::string& folder) {
  require_run_folder(folder);
  StoppedRun run;
  run.record_path = folder + "/run.json";
  run.record =
      parse_strict_json(read_text_file(run.record_path, kLargestRunRecord), run.record_path).value;
  const Json version = run.record.value("schema_version", Json());
  if (version != kSchemaVersion) {
    throw WrongUsage(fmt::format("{}: schema_version is {}: only a run of version {} can go on",
                                 run.record_path, told(version), kSchemaVersion));
  }
  const Json seed = run.record.value("seed", Json());
  if (!is_whole_number(seed, 0, kHighestSeed)) {
    throw WrongUsage(fmt::format("{}: seed is {}: allowed is a whole number from 0 to {}",
                                 run.record_path, told(seed), kHighestSeed));
  }
  run.seed = seed.get<std::uint64_t>();
  const Json plan_file = run.record.value("plan_file", Json());
  if (!plan_file.is_string() || !run.record.contains("plan") ||
      !run.record.at("plan").is_object()) {
    throw WrongUsage(run.record_path + ": has no plan and plan_file");
  }
  run.plan_file = plan_file.get<std::string>();
  return run;
}

void require_same_machine(const StoppedRun& run, const Sweep& sweep) {
  refuse_differences(run.record_path, "machine", run.record.value("machine", Json()),
                     machine_record(sweep));
}

void require_same_sources(const StoppedRun& run, const Json& peers) {
  std::vector<std::string> differences;
  const auto now = peers_by_name(peers);
  for (const auto& [name, before] : peers_by_name(run.record.value("peers", Json()))) {
    const auto found = now.find(name);
    if (found != now.end() && before.value("left_out", Json()).is_null()) {
      const auto is_source = [](const std::string& file) { return !file.starts_with("{out}/"); };
      add_files_that_differ(name, files_of_record(before), files_of_record(found->second),
                            is_source, differences);
    }
  }
  refuse(run.record_path, std::move(differences));
}

void require_same(const StoppedRun& run, const Json& identity) {
  std::vector<std::string> differences;
  for (const auto& [key, value] : identity.items()) {
    const Json stored =
        run.record.value(key, key == "environment" ? Json(Json::array()) : Json());
    if (key == "peers") {
      add_peers_that_differ(stored, value, differences);
    } else {
      add_differences(key, key == "hosts" ? hosts_identity(stored) : stored, value, differences);
    }
  }
  refuse(run.record_path, std::move(differences));
}

std::string require_same_plan_file(const StoppedRun& run) {
  std::error_code error;
  if (!std::filesystem::exists(run.plan_file, error)) {
    return fmt::format("{}: is not there any more: going on with the plan as the run has it",
                       run.plan_file);
  }
  const Json now =
      parse_strict_json(read_text_file(run.plan_file, kLargestRunRecord), run.plan_file).value;
  refuse_differences(run.plan_file, "", run.record.value("plan_document", Json()), now);
  return {};
}

Replayed replay(const std::string& folder, Schedule& schedule) {
  Replayed replayed;
  const std::string path = folder + "/trials.jsonl";
  int number = 0;
  for (const Json& trial : read_lines(path, kLargestJournal)) {
    const std::string where = fmt::format("{}: line {}", path, ++number);
    const auto planned = schedule.next();
    if (!planned) {
      throw WrongUsage(fmt::format("{}: is a trial more than the plan has", where));
    }
    require_planned(where, trial, *planned, schedule.cells()[planned->cell]);
    try {
      schedule.add(outcome_of(trial, planned->cell));
      replayed.sessions = std::max(replayed.sessions, trial.at("session").get<int>() + 1);
    } catch (const Json::exception& error) {
      throw WrongUsage(fmt::format("{}: is no trial: {}", where, error.what()));
    } catch (const Failure& error) {
      throw WrongUsage(fmt::format("{}: is no trial: {}", where, error.what()));
    }
  }
  const std::string traces = folder + "/traces.jsonl";
  std::error_code error;
  if (std::filesystem::exists(traces, error)) {
    for (const Json& trace : read_lines(traces, kLargestRunRecord)) {
      const Json cell = trace.value("cell", Json());
      if (!cell.is_string()) {
        throw WrongUsage(fmt::format("{}: cell is {}: allowed is a text", traces, told(cell)));
      }
      replayed.traced.push_back(cell.get<std::string>());
    }
  }
  return replayed;
}

}  // namespace coresweep
