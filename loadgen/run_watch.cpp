#include "loadgen/run_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "support/exit.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {

bool RunWatch::is_held(Start start) {
  struct stat about{};
  return start == Start::go || (start == Start::at && ::fstat(kStdin, &about) == 0 &&
                                (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)));
}

RunWatch::Ended RunWatch::until(std::int64_t deadline) {
  while (true) {
    const std::int64_t left = deadline - monotonic_ns();
    if (left <= 0) {
      return Ended::deadline;
    }
    const timespec timeout{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
    if (::ppoll(waits_.data(), waits_.size(), &timeout, nullptr) <= 0) {
      continue;
    }
    if (waits_[1].revents != 0) {
      return Ended::finished;
    }
    if (waits_[0].revents != 0) {
      (void)take_stdin();  // nothing that is said now means anything
    }
  }
}

std::optional<std::int64_t> RunWatch::await_go() {
  for (std::string lines;;) {
    const std::size_t end = lines.find('\n');
    if (end == std::string::npos && lines.size() <= kLongestLine) {
      lines += take_stdin();
      continue;
    }
    const std::string line = lines.substr(0, end);
    if (line == "go") {
      return std::nullopt;
    }
    const bool has_time = line.starts_with("go ");
    if (const auto at = has_time ? parse_start_time(line.substr(3)) : std::nullopt) {
      return at;
    }
    print_error("loadgen", fmt::format("'{:.64}' on stdin: allowed is go, or go and {}", line,
                                       kStartTimeForm));
    if (has_time || line.size() > kLongestLine) {
      ::_exit(kExitWrongUsage);
    }
    lines.erase(0, end + 1);
  }
}

std::string RunWatch::take_stdin() {
  std::array<char, 64> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size == 0 || (size < 0 && errno != EINTR)) {
    print_error("loadgen", "stdin ended, so nobody waits for a report");
    ::_exit(kExitFailed);
  }
  return {buffer.data(), static_cast<std::size_t>(std::max(size, ssize_t{0}))};
}

}  // namespace coresweep
