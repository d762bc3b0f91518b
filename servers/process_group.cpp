#include "servers/process_group.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "servers/snapshot.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A process answers from beside its loop; at a stop its peers have 600 ms to leave.
constexpr auto kMostForAnAnswer = 2s;

struct Part {
  pid_t pid = -1;
  FileDescriptor stdin_end;
  FileDescriptor stdout_end;
  std::string unread;
  std::uint64_t asked = 0;
  Json last;          // what it counted when it was last asked
  std::string ended;  // how, if it did before it was asked to
};

std::array<FileDescriptor, 2> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::system_category(), "pipe");
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// One thread of the server, as the options of a greeter of its own. That greeter's stdin is a pipe
// of ours, and its end is `stop`.
ServerOptions options_of(const ServerOptions& options, std::size_t number) {
  ServerOptions own = options;
  own.threads = 1;
  if (!options.pin.empty()) {
    own.pin = {options.pin[number]};
  }
  own.stdin_end = StdinEnd::stops;
  own.stall = {};
  if (options.stall.thread == static_cast<int>(number)) {
    own.stall.time = options.stall.time;
  }
  return own;
}

std::string ending(int status) {
  return WIFSIGNALED(status) ? fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                                           ::strsignal(WTERMSIG(status)))
                             : fmt::format("exited with {}", WEXITSTATUS(status));
}

// How it ended, unless well. One that does not is killed.
std::string await_end(pid_t pid) {
  const auto deadline = Clock::now() + kMostForAnAnswer;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(1ms);
  }
  return status == 0 ? std::string() : fmt::format("a process (pid {}) {}", pid, ending(status));
}

class ProcessGroup {
 public:
  ProcessGroup(Server& server, std::vector<Listener> listeners,
               void (*serve)(Server& part, Listener listener));
  void run();

 private:
  void start(std::size_t number, void (*serve)(Server& part, Listener listener));
  [[noreturn]] void be(std::size_t number, FileDescriptor in, FileDescriptor out,
                       void (*serve)(Server& part, Listener listener));
  std::optional<Json> read_line(Part& part, Clock::time_point deadline);
  Json ask(std::string_view event);
  void reap();

  Server& server_;
  std::vector<Listener> listeners_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::vector<Part> parts_;
};

ProcessGroup::ProcessGroup(Server& server, std::vector<Listener> listeners,
                           void (*serve)(Server& part, Listener listener))
    : server_(server), listeners_(std::move(listeners)), endpoint_(listeners_.front().endpoint) {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    start(i, serve);
  }
  listeners_.clear();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!read_line(parts_[i], Clock::now() + kMostForAnAnswer)) {
      throw std::runtime_error(fmt::format("process {} did not begin to serve", i));
    }
  }
}

void ProcessGroup::start(std::size_t number, void (*serve)(Server& part, Listener listener)) {
  auto [in_read, in_write] = open_pipe();
  auto [out_read, out_write] = open_pipe();
  const pid_t watcher = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw std::runtime_error(fmt::format("cannot start process {} of --threads {}: {}", number,
                                         listeners_.size(), std::strerror(errno)));
  }
  if (pid == 0) {
    in_write.reset();
    out_read.reset();
    parts_.clear();  // held open here, the others' pipes would not end with the watcher
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != watcher) {
      ::_exit(kExitFailed);  // gone before that was settled
    }
    be(number, std::move(in_read), std::move(out_write), serve);
  }
  Part& part = parts_.emplace_back();
  part.pid = pid;
  part.stdin_end = std::move(in_write);
  part.stdout_end = std::move(out_read);
}

void ProcessGroup::be(std::size_t number, FileDescriptor in, FileDescriptor out,
                      void (*serve)(Server& part, Listener listener)) {
  int exit_code = kExitDone;
  try {
    ::dup2(in.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    in.reset();
    out.reset();
    Listener own = std::move(listeners_[number]);
    listeners_.clear();
    Server part(options_of(server_.options(), number));
    serve(part, std::move(own));
  } catch (const std::exception& error) {
    print_error("greeter", fmt::format("process {}: {}", number, error.what()));
    exit_code = kExitFailed;
  }
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check();  // which ending so would leave out
#endif
  ::_exit(exit_code);  // what the watcher made is not this process's to take down
}

// The next line that the part says; nothing when it has ended or says none in time.
std::optional<Json> ProcessGroup::read_line(Part& part, Clock::time_point deadline) {
  while (true) {
    if (const std::size_t end = part.unread.find('\n'); end != std::string::npos) {
      auto line = parse_json_line(std::string_view(part.unread).substr(0, end));
      part.unread.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd news{part.stdout_end.get(), POLLIN, 0};
    if (left.count() <= 0 || (::poll(&news, 1, static_cast<int>(left.count())) < 0 &&
                              errno != EINTR)) {
      return std::nullopt;
    }
    std::array<char, 4'096> buffer;
    const ssize_t size =
        news.revents == 0 ? -1 : ::read(part.stdout_end.get(), buffer.data(), buffer.size());
    if (size == 0) {
      return std::nullopt;
    }
    part.unread.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }
}

// All that they counted: of one that has ended, or does not answer, when it was last asked.
Json ProcessGroup::ask(std::string_view event) {
  const std::string word = event == "stopped" ? "stop\n" : "snapshot\n";
  for (Part& part : parts_) {
    ++part.asked;
    // One that is gone is met again when it is read.
    static_cast<void>(::write(part.stdin_end.get(), word.data(), word.size()));
  }
  const auto deadline = Clock::now() + kMostForAnAnswer;
  std::vector<Json> all;
  for (Part& part : parts_) {
    while (auto line = read_line(part, deadline)) {
      // An answer to an earlier question may have come too late for that one.
      const bool is_answer = line->value("sequence", std::uint64_t{0}) == part.asked;
      part.last = std::move(*line);
      if (is_answer) {
        break;
      }
    }
    if (!part.last.is_null()) {
      all.push_back(part.last);
    }
  }
  return sum_of_snapshots(event, all);
}

void ProcessGroup::reap() {
  int status = 0;
  while (true) {
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) {
      return;
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (parts_[i].pid == pid) {
        parts_[i].ended = fmt::format("process {} of {} (pid {}) {}", i, parts_.size(), pid,
                                      ending(status));
        print_error("greeter", fmt::format("{}: its connections are lost, the others serve on",
                                           parts_[i].ended));
      }
    }
    const auto has_ended = [](const Part& part) { return !part.ended.empty(); };
    if (std::all_of(parts_.begin(), parts_.end(), has_ended)) {
      ::raise(SIGTERM);  // nobody is left to serve
    }
  }
}

void ProcessGroup::run() {
  std::vector<pid_t> pids;
  for (const Part& part : parts_) {
    pids.push_back(part.pid);
  }
  static_cast<void>(ask("snapshot"));  // so that something is known of one that dies
  server_.count_by([this](std::string_view event) { return ask(event); });
  server_.watch_children([this] { reap(); });
  server_.announce_ready(endpoint_, pids);
  server_.wait_for_stop([] {});
  server_.announce_stopped();
  std::string ended;
  for (Part& part : parts_) {
    part.stdin_end.reset();
    if (part.ended.empty()) {
      part.ended = await_end(part.pid);
    }
    ended = part.ended.empty() ? ended : part.ended;
  }
  if (!ended.empty()) {
    throw std::runtime_error(fmt::format("{} before the end", ended));
  }
}

}  // namespace

void run_processes(Server& server, std::vector<Listener> listeners,
                   void (*serve)(Server& part, Listener listener)) {
  ProcessGroup(server, std::move(listeners), serve).run();
}

}  // namespace coresweep
