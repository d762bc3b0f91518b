#include "harness/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

using Clock = ChildProcess::Clock;

constexpr std::chrono::milliseconds kTermGrace{1000};
constexpr std::size_t kReadAtOnce = 1 << 20;  // of a stream: others are waited for, too
constexpr std::size_t kUntakenErrors = 4 * kReadAtOnce;

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

// Close-on-exec from birth: a write end of one child's stdin that another child inherited would
// keep that stdin open after our death.
Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Failure(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

void make_nonblocking(const FileDescriptor& descriptor) {
  // Only our own end: the child has the other one, which is a file description of its own.
  ::fcntl(descriptor.get(), F_SETFL, O_NONBLOCK);
}

// glibc 2.36 declares its wrapper without extern "C", so that C++ cannot link to it.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

// Reads what is there, up to `room` bytes. Closes `from` at its end. Returns how much it got.
std::size_t read_some(FileDescriptor& from, std::string& into, std::size_t room) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(from.get(), buffer.data(), std::min(room, buffer.size()));
  if (got > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(got));
    return static_cast<std::size_t>(got);
  }
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    from.reset();
  }
  return 0;
}

std::string last_line_of(std::string_view text) {
  text.remove_prefix(text.size() - std::min(text.size(), ChildProcess::kKeptErrors));
  text = text.substr(0, text.find_last_not_of('\n') + 1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

int milliseconds_until(Clock::time_point deadline) {
  const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(rest, 0, 3'600'000));
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command,
                           const Surroundings& surroundings) {
  assert(!command.empty());
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  pid_ = spawn(command, {input.read_end.get(), output.write_end.get(), errors.write_end.get()},
               surroundings);
  pidfd_ = FileDescriptor(open_pidfd(pid_));
  if (!pidfd_.is_open()) {
    const int reason = errno;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw Failure(
        fmt::format("cannot watch {}: pidfd_open: {}", command.front(), std::strerror(reason)));
  }
  stdin_ = std::move(input.write_end);
  stdout_ = std::move(output.read_end);
  stderr_ = std::move(errors.read_end);
  make_nonblocking(stdin_);
  make_nonblocking(stdout_);
  make_nonblocking(stderr_);
}

ChildProcess::~ChildProcess() { stop(); }

std::optional<std::string> ChildProcess::take_line() {
  const auto end = output_.find('\n', taken_);
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::string line = output_.substr(taken_, end - taken_);
  last_line_ = last_line_of(line);
  taken_ = end + 1;
  if (taken_ > output_.size() / 2) {  // not for each line: they may be a million short ones
    output_.erase(0, taken_);
    taken_ = 0;
  }
  return line;
}

std::string ChildProcess::take_rest() {
  std::string rest = output_.substr(taken_);
  discard_output();
  return rest;
}

void ChildProcess::discard_output() {
  last_line_ = last_output_line();
  output_.clear();
  taken_ = 0;
}

bool ChildProcess::line_is_too_long() const { return untaken() >= kLongestLine && !has_line(); }

bool ChildProcess::send_line(std::string_view line) {
  const std::string text = fmt::format("{}\n", line);
  // Our lines are a word each: a pipe that has no room for one belongs to a child that has hung.
  return stdin_.is_open() &&
         ::write(stdin_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::optional<int> ChildProcess::exit_code() const {
  return has_ended() && WIFEXITED(wait_status_) ? std::optional(WEXITSTATUS(wait_status_))
                                                : std::nullopt;
}

std::string ChildProcess::ending() const {
  assert(has_ended());
  if (WIFSIGNALED(wait_status_)) {
    const int signal = WTERMSIG(wait_status_);
    return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("exited with {}", WEXITSTATUS(wait_status_));
}

std::string ChildProcess::errors() const {
  return errors_.substr(errors_.size() - std::min(errors_.size(), kKeptErrors));
}

std::string ChildProcess::last_error_line() const { return last_line_of(errors()); }

std::string ChildProcess::last_output_line() const {
  std::string line = last_line_of(std::string_view(output_).substr(taken_));
  return line.empty() ? last_line_ : line;
}

std::string ChildProcess::take_errors() {
  std::string taken = errors_.substr(errors_taken_);
  errors_ = errors();
  errors_taken_ = errors_.size();
  return taken;
}

void ChildProcess::read_stdout() {
  // At the limit it is left in the pipe, which then makes the child wait.
  std::size_t got = 1;
  for (std::size_t read = 0; got > 0 && read < kReadAtOnce && untaken() < kLongestLine;
       read += got) {
    got = read_some(stdout_, output_, kLongestLine - untaken());
  }
}

void ChildProcess::read_stderr() {
  std::size_t got = 1;
  for (std::size_t read = 0; got > 0 && read < kReadAtOnce; read += got) {
    got = read_some(stderr_, errors_, kReadAtOnce);
  }
  if (errors_.size() > kUntakenErrors) {  // nobody takes them
    const std::size_t lost = errors_.size() - kReadAtOnce;
    errors_.erase(0, lost);
    errors_taken_ -= std::min(errors_taken_, lost);
  }
}

void ChildProcess::reap() {
  // Before waitpid, while the zombie still holds the number: neither can be anybody else's.
  send_signal(SIGKILL);
  while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  pidfd_.reset();
  stdin_.reset();
  while (stdout_.is_open() && untaken() < kLongestLine) {
    if (read_some(stdout_, output_, kLongestLine - untaken()) == 0) {
      break;
    }
  }
  // Bounded: a process that left the group may hold the pipe and go on writing.
  read_stderr();
  stdout_.reset();
  stderr_.reset();
}

bool ChildProcess::poll_once(const std::vector<ChildProcess*>& children, int other_descriptor,
                             Clock::time_point deadline) {
  std::vector<pollfd> polled{{other_descriptor, POLLIN, 0}};
  for (const ChildProcess* child : children) {
    const bool has_room = child->untaken() < ChildProcess::kLongestLine;
    // A closed descriptor is -1, which poll() passes over.
    polled.push_back({child->pidfd_.get(), POLLIN, 0});
    polled.push_back({has_room ? child->stdout_.get() : -1, POLLIN, 0});
    polled.push_back({child->stderr_.get(), POLLIN, 0});
  }
  if (::poll(polled.data(), polled.size(), milliseconds_until(deadline)) <= 0) {
    return false;
  }
  auto next = polled.begin() + 1;
  for (ChildProcess* child : children) {
    const bool ended = (next++)->revents != 0;
    const bool wrote = (next++)->revents != 0;
    const bool complained = (next++)->revents != 0;
    if (wrote) {
      child->read_stdout();
    }
    if (complained) {
      child->read_stderr();
    }
    if (ended) {
      child->reap();
    }
  }
  return polled.front().revents != 0;
}

void wait_for_news(const std::vector<ChildProcess*>& children, const StopSignals& signals,
                   Clock::time_point deadline) {
  if (ChildProcess::poll_once(children, signals.descriptor(), deadline)) {
    signals.check();
  }
}

void ChildProcess::wait_for_end(std::chrono::milliseconds most) {
  const auto deadline = Clock::now() + most;
  while (!has_ended() && Clock::now() < deadline) {
    poll_once({this}, -1, deadline);
    discard_output();  // nobody asks for it any more, and a full pipe would keep it from ending
  }
}

void ChildProcess::send_signal(int signal) {
  if (!has_ended()) {
    ::kill(-pid_, signal);
    if (::getpgid(pid_) != pid_) {  // it went into another one
      ::kill(pid_, signal);
    }
  }
}

void ChildProcess::tell(int signal) {
  if (!has_ended()) {
    ::kill(pid_, signal);
  }
}

void ChildProcess::kill_now() {
  if (!has_ended()) {
    reap();
  }
}

void ChildProcess::stop(std::chrono::milliseconds grace) {
  close_stdin();
  wait_for_end(grace);
  if (!has_ended()) {
    send_signal(SIGTERM);
    wait_for_end(kTermGrace);
  }
  kill_now();
}

}  // namespace coresweep
