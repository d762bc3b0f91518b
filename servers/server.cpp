#include "servers/server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "servers/engine.hpp"
#include "servers/snapshot.hpp"
#include "support/endpoint.hpp"
#include "support/exit.hpp"
#include "support/json_lines.hpp"
#include "support/pin_thread.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLongestLine = 256;

// Of requests in parts and replies not taken, all connections of all loops together.
constexpr std::size_t kMostHeld = std::size_t{256} << 20;

FileDescriptor open_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) {
    throw std::system_error(errno, std::system_category(), "signalfd");
  }
  return FileDescriptor(fd);
}

FileDescriptor open_seconds() {
  FileDescriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const itimerspec second{.it_interval = {.tv_sec = 1, .tv_nsec = 0},
                          .it_value = {.tv_sec = 1, .tv_nsec = 0}};
  if (!timer.is_open() || ::timerfd_settime(timer.get(), 0, &second, nullptr) != 0) {
    throw std::system_error(errno, std::system_category(), "timerfd");
  }
  return timer;
}

// A reader that has gone has also closed our stdin, which is `stop`: nothing else to do here.
// A full disk is another matter: whoever wants our counts would not know that they are missing.
void print(const Json& event) {
  if (!write_json_line(STDOUT_FILENO, event) && errno != EPIPE) {
    print_error("greeter", fmt::format("standard output: {}", std::strerror(errno)));
    ::_exit(kExitFailed);
  }
}

}  // namespace

Server::Server(ServerOptions options)
    : options_(std::move(options)),
      threads_(static_cast<std::size_t>(options_.threads)),
      open_(options_.max_connections),
      held_(kMostHeld),
      counts_([this](std::string_view event) { return snapshot(event, threads_, serving_); }),
      signals_(open_signals()) {
  // A peer or a harness that went away is an error code on the write, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  if (!options_.pin.empty()) {
    const std::vector<int> used(options_.pin.begin(), options_.pin.begin() + options_.threads);
    if (const auto error = confine_thread(used)) {
      throw std::system_error(error, "--pin");
    }
  }
  handler_cost_ = HandlerCost(options_);  // measured where the threads will run
  for (ServerThread& thread : threads_) {
    thread.greeter.take_on(handler_cost_);
  }
}

void Server::watch_children(std::function<void()> on_child_ended) {
  on_child_ended_ = std::move(on_child_ended);
}

void Server::announce_ready(const boost::asio::ip::tcp::endpoint& endpoint,
                            const std::vector<pid_t>& pids) {
  std::vector<pid_t> all{::getpid()};
  all.insert(all.end(), pids.begin(), pids.end());
  print({{"event", "ready"},
         {"listen", format_endpoint(endpoint.address().to_string(), endpoint.port())},
         {"architecture", options_.architecture},
         {"threads", options_.threads},
         {"http2", kHttp2Names[static_cast<std::size_t>(options_.http2)].name},
         {"engine", engine_name()},
         {"pid", ::getpid()},
         {"pids", all},
         {"monotonic_ns", monotonic_ns()}});
}

void Server::wait_for_stop(const std::function<void()>& every_second) {
  const FileDescriptor seconds = open_seconds();
  std::array<pollfd, 3> waits{
      {{signals_.get(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}, {seconds.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno == EINTR) {
        continue;
      }
      return;
    }
    if (waits[0].revents != 0 && read_signal() == Line::stop) {
      return;
    }
    std::uint64_t passed = 0;
    if (waits[2].revents != 0 && ::read(seconds.get(), &passed, sizeof(passed)) > 0) {
      stall_thread();
      every_second();  // once, also after a pause of many: nobody's time runs out in one
    }
    if (waits[1].revents != 0 && read_lines() == Line::stop) {
      if (options_.stdin_end == StdinEnd::ignored && unread_.empty()) {
        waits[1].fd = -1;  // poll passes over it: only a signal ends us now
        continue;
      }
      return;
    }
  }
}

void Server::stall_thread() {
  const auto thread = static_cast<std::size_t>(options_.stall.thread);
  if (options_.stall.time.count() > 0 && thread < threads_.size()) {
    threads_[thread].greeter.stall();
  }
}

Server::Line Server::read_signal() {
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof(signal)) != sizeof(signal)) {
    return Line::go_on;
  }
  if (signal.ssi_signo != SIGCHLD) {
    return Line::stop;
  }
  if (on_child_ended_) {
    on_child_ended_();
  }
  return Line::go_on;
}

Server::Line Server::read_lines() {
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size <= 0) {
    unread_.clear();
    return size < 0 && errno == EINTR ? Line::go_on : Line::stop;
  }
  unread_.append(buffer.data(), static_cast<std::size_t>(size));
  while (true) {
    const std::size_t end = unread_.find('\n');
    if (end == std::string::npos) {
      break;
    }
    const std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    if (!std::exchange(passing_over_, false) && act_on(line) == Line::stop) {
      return Line::stop;
    }
  }
  if (unread_.size() > kLongestLine) {
    if (!std::exchange(passing_over_, true)) {
      print_error("greeter", "a line on stdin is too long: allowed are snapshot and stop");
    }
    unread_.clear();
  }
  return Line::go_on;
}

Server::Line Server::act_on(std::string_view line) {
  if (line == "stop") {
    return Line::stop;
  }
  if (line == "snapshot") {
    print_snapshot("snapshot");
  } else if (!line.empty()) {
    print_error("greeter", fmt::format("'{}' on stdin: allowed are snapshot and stop", line));
  }
  return Line::go_on;
}

void Server::print_snapshot(std::string_view event) {
  Json line = counts_(event);
  line["sequence"] = ++sequence_;
  print(line);
}

void Server::announce_stopped() { print_snapshot("stopped"); }

}  // namespace coresweep
