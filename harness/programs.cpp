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

}  // namespace

Programs find_programs() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    throw Failure(fmt::format("/proc/self/exe: {}", error.message()));
  }
  const auto folder = self.parent_path();
  return {self, program_beside(folder, "greeter"), program_beside(folder, "loadgen")};
}

void add_known_names(const Programs& programs, const StopSignals& signals, PlanContext& context) {
  const CommandResult list = run_or_fail({programs.greeter, "--list"}, signals);
  for (const std::string& text : list.lines) {
    const auto line = parse_json_line(text);
    for (const auto& [key, names] :
         {std::pair("architecture", &context.architectures), std::pair("http2", &context.http2)}) {
      if (line && line->contains(key) && line->at(key).is_string()) {
        names->push_back(line->at(key).get<std::string>());
      }
    }
  }
  if (context.architectures.empty() || context.http2.empty()) {
    throw Failure(fmt::format("{} --list names no architecture or no http2", programs.greeter));
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
