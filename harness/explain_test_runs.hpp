// For tests of explanations: runs made by hand, and what is told of them or why they are refused.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/explain.hpp"
#include "harness/failure.hpp"

namespace coresweep {

/// A run's folder in a temporary place, written line by line.
class RunFolder {
 public:
  RunFolder() {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("coresweep-explain-{}-{}", ::getpid(), number++);
    std::filesystem::create_directories(path_);
    write("run.json", {{"schema_version", 1}, {"plan", {{"blocks", 6}, {"http2", "lean"}}}});
  }
  ~RunFolder() { std::filesystem::remove_all(path_); }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  [[nodiscard]] std::string path() const { return path_; }

  void write(const char* name, const Json& json) const {
    std::ofstream(path_ / name) << json.dump() << '\n';
  }
  void append(const char* name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::app) << text << '\n';
  }
  // As stored, where tests do not say otherwise: named by its factors, the first attempt.
  void add(Json trial) const {
    trial.emplace("cell", trial.at("factors").dump());
    trial.emplace("attempt", 1);
    append("trials.jsonl", trial.dump());
  }

 private:
  std::filesystem::path path_;
};

/// In the shape of a stored trial: what the kernel tells of the whole process stands in "process".
inline Json trial_of(const char* architecture, int threads, int block, double switches) {
  Json each = Json::array();
  for (int i = 0; i < threads; ++i) {
    each.push_back({{"requests", 1000},
                    {"cpu_user_s", 0.25},
                    {"cpu_system_s", 0.5},
                    {"context_switches_voluntary", switches * 1000},
                    {"context_switches_involuntary", 0},
                    {"bytes_sent", 48'000},
                    {"migrations", 2},
                    {"run_delay_s", 0.0}});
  }
  return {{"schema_version", 1},
          {"role", "arm"},
          {"block", block},
          {"factors",
           {{"architecture", architecture},
            {"http2", "lean"},
            {"threads", threads},
            {"connections", 64},
            {"streams", 10}}},
          {"verdict", Json::array()},
          {"verdict_details", Json::object()},
          {"throughput_per_s", 1000.0 * threads},
          {"server",
           {{"window_s", 1.0},
            {"cpu_user_s", 0.25 * threads},
            {"cpu_system_s", 0.5 * threads},
            {"process",
             {{"context_switches_voluntary", switches * 1000 * threads},
              {"context_switches_involuntary", 0},
              {"page_faults_minor", 20 * threads},
              {"page_faults_major", nullptr},
              {"migrations", 2 * threads},
              {"resident_kb", 9000}}},
            {"threads", each}}}};
}

inline void add_blocks(const RunFolder& folder, int threads, int blocks) {
  for (int block = 0; block < blocks; ++block) {
    folder.add(trial_of("loops", threads, block, 0.02 + 0.001 * block));
    folder.add(trial_of("reactor", threads, block, 1.9 + 0.01 * block));
  }
}

inline std::vector<std::string> explained(const RunFolder& folder, ExplainOptions options = {}) {
  options.run = folder.path();
  options.arm = options.arm.empty() ? "loops" : options.arm;
  options.against = options.against.empty() ? "reactor" : options.against;
  const StoredRun run = under_one_condition(read_stored_run(options.run), options);
  const ComparedArms arms = arms_to_compare(run, options);
  auto lines = explain_lines(run, arms);
  const auto traces = explain_traces(run, arms);
  lines.insert(lines.end(), traces.begin(), traces.end());
  return lines;
}

inline std::string refused(const RunFolder& folder, const ExplainOptions& options = {}) {
  try {
    static_cast<void>(explained(folder, options));
  } catch (const WrongUsage& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace coresweep
