#include "harness/stored_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "harness/failure.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {
namespace {

constexpr int kOldestRead = 1;
constexpr int kNewestRead = 2;
constexpr std::size_t kLongestRead = 60;
constexpr std::size_t kLongestLine = 16 << 20;  // a trial of 1,024 threads has 1 MB

[[noreturn]] void refuse(const std::string& where, const std::string& path, const Json& value,
                         const std::string& allowed) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kLongestRead) {
    text = text.substr(0, kLongestRead) + "...";
  }
  std::string key = path.substr(1);
  std::replace(key.begin(), key.end(), '/', '.');
  throw WrongUsage(fmt::format("{}: {} is {}: allowed is {}", where, key, text, allowed));
}

const Json* find(const Json& line, const std::string& path) {
  const Json::json_pointer pointer(path);
  return line.contains(pointer) ? &line.at(pointer) : nullptr;
}

Json value_or_null(const Json& line, const std::string& path) {
  const Json* value = find(line, path);
  return value == nullptr ? Json() : *value;
}

int whole_at(const std::string& where, const Json& line, const std::string& path, int least) {
  const Json value = value_or_null(line, path);
  constexpr int kMost = std::numeric_limits<int>::max();
  if (!value.is_number_integer() || value < least || value > kMost) {
    refuse(where, path, value, fmt::format("a whole number from {} to {}", least, kMost));
  }
  return value.get<int>();
}

std::string text_at(const std::string& where, const Json& line, const std::string& path) {
  const Json value = value_or_null(line, path);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    refuse(where, path, value, "a text");
  }
  return value.get<std::string>();
}

std::vector<std::string> texts_at(const std::string& where, const Json& line,
                                  const std::string& path) {
  const Json value = value_or_null(line, path);
  const auto is_text = [](const Json& entry) { return entry.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) {
    refuse(where, path, value, "a list of texts");
  }
  return value.get<std::vector<std::string>>();
}

// A plan's http2 or engine: one name, or a list of several; absent in runs older than it.
std::vector<std::string> names_at(const std::string& where, const Json& run,
                                  const std::string& path) {
  const Json* value = find(run, path);
  if (value == nullptr || value->is_string()) {
    return value == nullptr ? std::vector<std::string>()
                            : std::vector<std::string>{value->get<std::string>()};
  }
  return texts_at(where, run, path);
}

// The handlers in `part` of the line: its plan, or its factors; absent in runs older than they.
HandlerValues handlers_at(const std::string& where, const Json& line, const std::string& part) {
  const Json* whole = find(line, "/" + part);
  Json asked = Json::object();
  for (const std::string& key : kHandlerKeys) {
    if (whole != nullptr && whole->is_object() && whole->contains(key)) {
      asked[key] = whole->at(key);
    }
  }
  // Whether its servers had that thread was settled before it ran.
  constexpr int kAnyThreads = std::numeric_limits<int>::max();
  return read_handlers(StrictObject(asked, where, part, kHandlerKeys), kAnyThreads);
}

Handler handler_at(const std::string& where, const Json& line) {
  const auto handlers = handlers_of(handlers_at(where, line, "factors"));
  if (handlers.size() != 1) {
    refuse(where, "/factors", *find(line, "/factors"), "one handler a trial");
  }
  return handlers.front();
}

Json parse_line(const std::string& where, const std::string& text) {
  constexpr const char* kAllowed = "allowed is one JSON object a line";
  Json value;
  try {
    value = parse_bounded_json(text);
  } catch (const JsonFault& fault) {
    throw WrongUsage(fmt::format("{}: is not JSON: {} ({})", where, kAllowed, fault.what()));
  }
  if (!value.is_object()) {
    throw WrongUsage(fmt::format("{}: is no object: {}", where, kAllowed));
  }
  const Json version = value_or_null(value, "/schema_version");
  if (!is_whole_number(version, kOldestRead, kNewestRead)) {
    const bool is_newer = is_whole_number(version, kNewestRead, std::numeric_limits<int>::max());
    refuse(where, "/schema_version", version,
           fmt::format("{} to {}{}", kOldestRead, kNewestRead,
                       is_newer ? ": a newer coresweep wrote it" : ""));
  }
  return value;
}

StoredLine stored_line(const std::string& where, Json json) {
  StoredLine line{where, {}, 0, 0, std::move(json), {}};
  const auto factor = [&line, &where](const char* path) { return text_at(where, line.json, path); };
  line.arm = {factor("/factors/architecture"), kEpoll, factor("/factors/http2")};
  if (find(line.json, "/factors/engine") != nullptr) {  // absent in runs older than it
    line.arm.engine = factor("/factors/engine");
  }
  line.threads = whole_at(where, line.json, "/factors/threads", 1);
  line.connections = whole_at(where, line.json, "/factors/connections", 1);
  line.handler = handler_at(where, line.json);
  return line;
}

// What is neither an arm's nor of another role that there is was damaged.
bool is_of_an_arm(const std::string& where, const Json& trial) {
  const std::string role = text_at(where, trial, "/role");
  std::vector<std::string> known;
  for (int i = 0; i <= static_cast<int>(Role::kCapacity); ++i) {
    known.push_back(role_name(static_cast<Role>(i)));
  }
  if (std::find(known.begin(), known.end(), role) == known.end()) {
    refuse(where, "/role", role, fmt::format("one of {}", fmt::join(known, ", ")));
  }
  return role == role_name(Role::kArm);
}

StoredTrial stored_trial(const std::string& where, Json json) {
  StoredTrial trial{stored_line(where, std::move(json)), 0, {}, {}};
  trial.block = whole_at(where, trial.json, "/block", 0);
  trial.verdicts = texts_at(where, trial.json, "/verdict");
  trial.throughput_per_s = number_at(trial, "/throughput_per_s");
  if (trial.is_valid() && *trial.throughput_per_s == 0) {  // no ratio has it
    refuse(where, "/throughput_per_s", *find(trial.json, "/throughput_per_s"),
           "more than 0 in a valid trial");
  }
  return trial;
}

std::ifstream open_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw WrongUsage(
        fmt::format("{}: {}", path, error ? error.message() : std::string("is no regular file")));
  }
  std::ifstream file(path);
  if (!file) {
    throw WrongUsage(fmt::format("{}: cannot be opened for reading", path));
  }
  return file;
}

struct Line {
  std::string text;
  bool is_ended = false;  ///< by its newline
};

// std::getline would take a file of holes, or without newlines, into memory whole.
Line read_line(std::istream& file, const std::string& where) {
  Line line;
  for (int byte = file.get(); byte != std::char_traits<char>::eof(); byte = file.get()) {
    if (byte == '\n') {
      line.is_ended = true;
      break;
    }
    if (line.text.size() == kLongestLine) {
      throw WrongUsage(
          fmt::format("{}: is longer than the {} bytes that are allowed", where, kLongestLine));
    }
    line.text.push_back(static_cast<char>(byte));
  }
  return line;
}

// A last line without its newline that is no JSON was being written when its sweep was killed.
template <typename Take>
void each_line(const std::string& path, std::vector<std::string>& dropped, const Take& take) {
  std::ifstream file = open_file(path);
  for (int number = 1; file.peek() != std::char_traits<char>::eof(); ++number) {
    const std::string where = fmt::format("{}: line {}", path, number);
    const Line line = read_line(file, where);
    if (!line.is_ended && !Json::accept(line.text)) {
      dropped.push_back(where);
      return;
    }
    take(where, parse_line(where, line.text));
  }
}

using TrialNumber = std::pair<std::int64_t, std::int64_t>;  // and the attempt

// A line that stands there twice was measured once.
void require_new(const StoredTrial& trial, std::set<TrialNumber>& known) {
  const Json number = value_or_null(trial.json, "/trial");
  const Json attempt = value_or_null(trial.json, "/attempt");
  if (number.is_null()) {
    return;  // nobody here needs it
  }
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  const std::int64_t turn = is_whole_number(attempt, 1, kMost) ? attempt.get<std::int64_t>() : 1;
  if (!is_whole_number(number, 0, kMost) ||
      !known.emplace(number.get<std::int64_t>(), turn).second) {
    refuse(trial.where, "/trial", number, "a whole number that no line before has");
  }
}

}  // namespace

std::optional<double> number_at(const StoredLine& line, const std::string& path) {
  const Json value = value_or_null(line.json, path);
  if (value.is_null()) {
    return std::nullopt;
  }
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value < 0) {
    refuse(line.where, path, value, "null or a number that is not negative");
  }
  return value.get<double>();
}

StoredRun read_stored_run(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw WrongUsage(fmt::format(
        "{}: {}", folder,
        error ? error.message() : std::string("is no folder: a run's folder is needed")));
  }
  StoredRun run;
  run.folder = folder;
  const std::string record_path = folder + "/run.json";
  const Json record = parse_line(record_path, read_text_file(record_path, kLongestLine));
  run.blocks = whole_at(record_path, record, "/plan/blocks", 1);
  run.traces_planned = value_or_null(record, "/plan/trace") == true;
  run.http2 = names_at(record_path, record, "/plan/http2");
  run.engines = names_at(record_path, record, "/plan/engine");
  run.handlers = handlers_at(record_path, record, "plan");

  const std::string trials_path = folder + "/trials.jsonl";
  std::set<TrialNumber> known;
  each_line(trials_path, run.dropped, [&run, &known](const std::string& where, Json json) {
    if (is_of_an_arm(where, json)) {
      run.trials.push_back(stored_trial(where, std::move(json)));
      require_new(run.trials.back(), known);
    }
  });
  if (run.trials.empty()) {
    throw WrongUsage(
        fmt::format("{}: holds no trial of an arm: nothing was measured", trials_path));
  }
  const std::string traces_path = folder + "/traces.jsonl";
  if (std::filesystem::exists(traces_path, error)) {
    each_line(traces_path, run.dropped, [&run](const std::string& where, Json json) {
      run.traces.push_back(stored_line(where, std::move(json)));
    });
  }
  return run;
}

}  // namespace coresweep
