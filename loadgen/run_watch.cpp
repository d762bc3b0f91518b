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
      take_stdin();
    }
  }
}

void RunWatch::await_go() {
  while (true) {
    const std::size_t end = lines_.find('\n');
    if (end == std::string::npos) {
      take_stdin();
      continue;
    }
    const std::string line = lines_.substr(0, end);
    lines_.erase(0, end + 1);
    if (line == "go") {
      return;
    }
    print_error("loadgen", fmt::format("'{:.64}' on stdin: allowed is go", line));
  }
}

void RunWatch::take_stdin() {
  std::array<char, 64> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size == 0 || (size < 0 && errno != EINTR)) {
    print_error("loadgen", "stdin ended, so nobody waits for a report");
    ::_exit(kExitFailed);
  }
  lines_.append(buffer.data(), static_cast<std::size_t>(std::max(size, ssize_t{0})));
  if (lines_.size() > kMostUnread) {
    lines_.clear();
  }
}

}  // namespace coresweep
