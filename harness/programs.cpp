#include "harness/programs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::seconds kMostForAnAnswer{10};

std::string program_beside(const std::filesystem::path& folder, const char* name) {
  const std::string path = folder / name;
  if (::access(path.c_str(), X_OK) != 0) {
    throw Failure(
        fmt::format("{}: {}: coresweep needs it beside itself; build it (make bench does)", path,
                    std::strerror(errno)));
  }
  return path;
}

CommandResult run_or_fail(const std::vector<std::string>& command, const StopSignals& signals) {
  CommandResult result = run_to_end(command, signals, kMostForAnAnswer);
  if (!result.ending.empty()) {
    throw Failure(fmt::format("{} {}: {}", command.front(), result.ending, result.last_error_line));
  }
  return result;
}

void add_name(const Json& line, const char* key, std::vector<std::string>& names) {
  if (line.contains(key) && line.at(key).is_string()) {
    names.push_back(line.at(key).get<std::string>());
  }
}

}  // namespace

Programs find_programs() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    throw Failure(fmt::format("/proc/self/exe: {}", error.message()));
  }
  const auto folder = self.parent_path();
  const std::string io_uring = folder / "greeter-io_uring";
  return {self, program_beside(folder, "greeter"), program_beside(folder, "loadgen"),
          ::access(io_uring.c_str(), X_OK) == 0 ? io_uring : std::string()};
}

std::vector<Json> lines_of_list(const std::string& greeter, const StopSignals& signals) {
  std::vector<Json> lines;
  for (const std::string& text : run_or_fail({greeter, "--list"}, signals).lines) {
    if (auto line = parse_json_line(text)) {
      lines.push_back(std::move(*line));
    }
  }
  return lines;
}

void add_greeter_names(const std::vector<Json>& lines, PlanContext& context) {
  for (const Json& line : lines) {
    add_name(line, "architecture", context.architectures);
    add_name(line, "http2", context.http2);
    if (line.contains("architecture") && line.contains("most_connections")) {
      context.most_connections_of[line.at("architecture").get<std::string>()] =
          line.at("most_connections").get<std::int64_t>();
    }
  }
}

void add_io_uring_names(const std::vector<Json>& lines, PlanContext& context) {
  context.io_uring = {"greeter-io_uring --list names no engine", {}};
  for (const Json& line : lines) {
    add_name(line, "architecture", context.io_uring.architectures);
    if (line.value("engine", "") == kIoUring) {
      context.io_uring.unavailable =
          line.at("available").get<bool>() ? "" : line.value("why", "it does not say why");
    }
  }
}

void add_known_names(const Programs& programs, const StopSignals& signals, PlanContext& context) {
  add_greeter_names(lines_of_list(programs.greeter, signals), context);
  if (context.architectures.empty() || context.http2.empty()) {
    throw Failure(fmt::format("{} --list names no architecture or no http2", programs.greeter));
  }
  if (!programs.greeter_io_uring.empty()) {
    add_io_uring_names(lines_of_list(programs.greeter_io_uring, signals), context);
  }
}

std::string sha256_of_file(const std::string& path, const StopSignals& signals) {
  // coreutils' own program: every Debian has it, and a checksum of our own making would need its
  // own proof. It reads stdin when no file is named, but "--" and an absolute path are no less
  // plain.
  const CommandResult result = run_or_fail({"/usr/bin/sha256sum", "--", path}, signals);
  constexpr std::size_t kDigits = 64;
  // A leading backslash says that the path behind the sum is escaped.
  std::string sum = result.lines.empty() ? "" : result.lines.front();
  sum.erase(0, sum.starts_with('\\') ? 1 : 0);
  if (sum.find_first_not_of("0123456789abcdef") != kDigits) {
    throw Failure(fmt::format("/usr/bin/sha256sum printed no checksum of {}", path));
  }
  return sum.substr(0, kDigits);
}

}  // namespace coresweep
