#include "harness/merged_report.hpp"

#include <fmt/format.h>
#include <stdlib.h>  // mkdtemp is POSIX's

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/dialogue.hpp"
#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::seconds kMostForMerging{60};
// What the gate of the clocks allows.
constexpr const char* kMaxStartGap = "1ms";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "coresweep-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw Failure(fmt::format("{}: {}", name, std::strerror(errno)));
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string write_report(const std::filesystem::path& folder, const ClientReport& report) {
  const std::string path = folder / (report.client + ".json");
  std::ofstream file(path);
  file << report.line.dump() << '\n';
  file.close();
  if (!file) {
    throw Failure(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  }
  return path;
}

// "loadgen: /tmp/coresweep-1/client2.json: its window ..." without what is only ours.
std::string complaint_of(const std::string& line, const std::filesystem::path& folder) {
  std::string text = line;
  for (const std::string& ours : {std::string("loadgen: "), folder.string() + "/"}) {
    if (text.starts_with(ours)) {
      text.erase(0, ours.size());
    }
  }
  const auto file = text.find(".json: ");
  return file == std::string::npos ? text : text.erase(file, std::strlen(".json"));
}

Json merge(const std::string& loadgen, const std::vector<ClientReport>& reports,
           const StopSignals& signals) {
  const TemporaryFolder folder;
  std::vector<std::string> command{loadgen, "merge", "--max-start-gap", kMaxStartGap};
  for (const ClientReport& report : reports) {
    command.push_back(write_report(folder.path(), report));
  }
  const CommandResult merged = run_to_end(command, signals, kMostForMerging);
  // It says a report of failed requests, too, and exits with 1.
  if (!merged.lines.empty()) {
    if (auto line = parse_json_line(merged.lines.front())) {
      return std::move(*line);
    }
  }
  throw Breakdown{merged.last_error_line.empty()
                      ? fmt::format("loadgen merge {}", merged.ending)
                      : complaint_of(merged.last_error_line, folder.path())};
}

}  // namespace

LoadReport merged_report(const std::string& loadgen, std::vector<ClientReport> reports,
                         const StopSignals& signals) {
  Json line = reports.size() == 1 ? std::move(reports.front().line)
                                  : merge(loadgen, reports, signals);
  for (Json& thread : line.at("load_threads")) {
    thread["client"] = reports.at(thread.at("client").get<std::size_t>()).client;
  }
  return parse_load_report(line);
}

std::vector<std::int64_t> begun_late_ns(const Json& line) {
  std::vector<std::int64_t> late;
  for (const Json& thread : line.at("load_threads")) {
    late.push_back(thread.at("begun_late_ns").get<std::int64_t>());
  }
  return late;
}

std::int64_t starts_apart_ns(const std::vector<ClientReport>& reports) {
  std::vector<std::int64_t> first;
  for (const ClientReport& report : reports) {
    first.push_back(std::ranges::min(begun_late_ns(report.line)));
  }
  return std::ranges::max(first) - std::ranges::min(first);
}

}  // namespace coresweep
