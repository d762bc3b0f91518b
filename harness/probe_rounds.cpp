#include "harness/probe_rounds.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <future>

#include "harness/failure.hpp"
#include "support/pin_thread.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kPing = 1;
constexpr std::uint64_t kEnd = 2;

Failure failed_call(const char* what) {
  return Failure(fmt::format("cannot probe: {}: {}", what, std::strerror(errno)));
}

FileDescriptor checked(int descriptor, const char* what) {
  if (descriptor < 0) {
    throw failed_call(what);
  }
  return FileDescriptor(descriptor);
}

void require(int result, const char* what) {
  if (result < 0) {
    throw failed_call(what);
  }
}

FileDescriptor new_eventfd(int flags) {
  return checked(::eventfd(0, EFD_CLOEXEC | flags), "eventfd");
}

// One end of a conversation in messages of 8 bytes, each an unsigned number.
struct Line {
  int in;
  int out;
};

void say(const Line& line, std::uint64_t message) {
  while (::write(line.out, &message, sizeof(message)) != sizeof(message)) {
    if (errno != EINTR) {
      throw failed_call("write");
    }
  }
}

// So short a message arrives whole, also over TCP.
std::uint64_t hear(const Line& line) {
  std::uint64_t message = 0;
  while (::read(line.in, &message, sizeof(message)) != sizeof(message)) {
    if (errno != EINTR) {
      throw failed_call("read");
    }
  }
  return message;
}

// Ends the partner however we leave. Nobody is told when the partner is gone itself.
class EndOfConversation {
 public:
  explicit EndOfConversation(const Line& line) : line_(line) {}
  ~EndOfConversation() {
    [[maybe_unused]] const ssize_t told = ::write(line_.out, &kEnd, sizeof(kEnd));
  }
  EndOfConversation(const EndOfConversation&) = delete;
  EndOfConversation& operator=(const EndOfConversation&) = delete;

 private:
  Line line_;
};

// Runs `work`, which returns nanoseconds an operation, pinned to `cpu`.
template <class Work>
ProbeRound work_on_cpu(int cpu, const Work& work) {
  if (const auto error = pin_thread(cpu)) {
    throw Failure(fmt::format("cannot probe on CPU {}: {}", cpu, error.message()));
  }
  const auto start = Clock::now();
  const double waited_before_s = run_delay_s(::gettid());
  ProbeRound round;
  round.ns = work();
  const double waited_s = run_delay_s(::gettid());
  round.waited_s = waited_before_s < 0 || waited_s < 0 ? -1 : waited_s - waited_before_s;
  round.thread_s = std::chrono::duration<double>(Clock::now() - start).count();
  return round;
}

// The calling thread keeps its CPUs.
template <class Work>
ProbeRound one_thread(int cpu, const Work& work) {
  return std::async(std::launch::async, [&] { return work_on_cpu(cpu, work); }).get();
}

// `partner` runs on the second CPU until it hears the end; `work` begins when it is pinned.
template <class Partner, class Work>
ProbeRound two_threads(ProbeCpus cpus, const Line& line, const Partner& partner, const Work& work) {
  std::promise<void> pinned;
  auto partners = std::async(std::launch::async, [&] {
    bool is_pinned = false;
    try {
      return work_on_cpu(cpus.second, [&] {
        is_pinned = true;
        pinned.set_value();
        partner();
        return 0.0;
      });
    } catch (const Failure&) {
      if (!is_pinned) {
        pinned.set_exception(std::current_exception());
      }
      throw;
    }
  });
  pinned.get_future().get();
  ProbeRound round;
  {
    const EndOfConversation end(line);
    round = one_thread(cpus.first, work);
  }
  const ProbeRound other = partners.get();
  round.thread_s += other.thread_s;
  round.waited_s =
      round.waited_s < 0 || other.waited_s < 0 ? -1 : round.waited_s + other.waited_s;
  return round;
}

// Nanoseconds each. The clock is read once a `batch` of them.
template <class Operation>
double time_operations(int batch, const Operation& operation) {
  const auto start = Clock::now();
  auto now = start;
  double count = 0;
  do {
    for (int i = 0; i < batch; ++i) {
      operation();
    }
    count += batch;
    now = Clock::now();
  } while (now - start < kProbeRound);
  return std::chrono::duration<double, std::nano>(now - start).count() / count;
}

ProbeRound time_ping_pong(const Line& ours, const Line& partners, ProbeCpus cpus) {
  const auto answer = [&partners] {
    while (hear(partners) == kPing) {
      say(partners, kPing);
    }
  };
  return two_threads(cpus, ours, answer, [&ours] {
    return time_operations(16, [&ours] {
      say(ours, kPing);
      (void)hear(ours);
    });
  });
}

constexpr std::int64_t kAsleep = 0;
constexpr std::int64_t kGone = -1;

// Says in `woken_at` when epoll_wait returned, each time.
void report_wake_ups(int epoll, const Line& line, std::atomic<std::int64_t>& woken_at) {
  try {
    for (;;) {
      epoll_event event{};
      const int ready = ::epoll_wait(epoll, &event, 1, -1);
      const std::int64_t now = monotonic_ns();
      if (ready < 0 && errno == EINTR) {
        continue;
      }
      require(ready, "epoll_wait");
      if (hear(line) != kPing) {
        return;
      }
      woken_at.store(now, std::memory_order_release);
    }
  } catch (const Failure&) {
    woken_at.store(kGone, std::memory_order_release);
    throw;
  }
}

// Spins, so that its own CPU sleeps in none of it.
std::int64_t time_one_wake_up(const Line& line, std::atomic<std::int64_t>& woken_at) {
  // Time enough for the other thread to fall asleep, with all its CPU does on the way.
  constexpr std::int64_t kToFallAsleepNs = 20'000;
  woken_at.store(kAsleep, std::memory_order_relaxed);
  const std::int64_t sent_at = monotonic_ns();
  say(line, kPing);
  std::int64_t woken = kAsleep;
  while (woken == kAsleep) {
    woken = woken_at.load(std::memory_order_acquire);
  }
  if (woken == kGone) {
    throw Failure("cannot probe: the thread to be woken is gone");
  }
  const std::int64_t begin = monotonic_ns();
  while (monotonic_ns() - begin < kToFallAsleepNs) {
  }
  return woken - sent_at;
}

}  // namespace

ProbeRound time_clock(ProbeCpus cpus) {
  return one_thread(cpus.first, [] {
    return time_operations(256, [] {
      timespec time{};
      ::clock_gettime(CLOCK_MONOTONIC, &time);
    });
  });
}

ProbeRound time_syscall(ProbeCpus cpus) {
  return one_thread(cpus.first,
                    [] { return time_operations(256, [] { ::syscall(SYS_getppid); }); });
}

ProbeRound time_eventfd_read(ProbeCpus cpus) {
  const FileDescriptor event = new_eventfd(EFD_SEMAPHORE);
  const Line line{event.get(), event.get()};
  say(line, std::uint64_t{1} << 62);  // each read takes one
  return one_thread(cpus.first, [&line] {
    return time_operations(256, [&line] { (void)hear(line); });
  });
}

ProbeRound time_context_switch(ProbeCpus cpus) {
  const FileDescriptor there = new_eventfd(0);
  const FileDescriptor back = new_eventfd(0);
  ProbeRound round = time_ping_pong({back.get(), there.get()}, {there.get(), back.get()},
                                    {cpus.first, cpus.first});
  round.ns /= 2;
  return round;
}

ProbeRound time_epoll_wake_up(ProbeCpus cpus) {
  const FileDescriptor event = new_eventfd(0);
  const FileDescriptor epoll = checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event readable{};
  readable.events = EPOLLIN;
  require(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &readable), "epoll_ctl");
  const Line line{event.get(), event.get()};
  std::atomic<std::int64_t> woken_at{kAsleep};
  return two_threads(
      cpus, line, [&] { report_wake_ups(epoll.get(), line, woken_at); },
      [&] {
        std::int64_t total_ns = 0;
        std::int64_t count = 0;
        const auto start = Clock::now();
        while (Clock::now() - start < kProbeRound) {
          total_ns += time_one_wake_up(line, woken_at);
          ++count;
        }
        return static_cast<double>(total_ns) / static_cast<double>(count);
      });
}

LoopbackPair connect_over_loopback() {
  const auto new_socket = [] {
    return checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  };
  const FileDescriptor listener = new_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener.get(), generic, size), "bind to 127.0.0.1");
  require(::listen(listener.get(), 1), "listen on 127.0.0.1");
  require(::getsockname(listener.get(), generic, &size), "getsockname");
  LoopbackPair pair{new_socket(), FileDescriptor()};
  require(::connect(pair.ours.get(), generic, size), "connect to 127.0.0.1");
  pair.partners = checked(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
  const int at_once = 1;
  for (const int end : {pair.ours.get(), pair.partners.get()}) {
    require(::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once)), "TCP_NODELAY");
  }
  return pair;
}

ProbeRound time_loopback(const LoopbackPair& pair, ProbeCpus cpus) {
  const int ours = pair.ours.get();
  const int partners = pair.partners.get();
  return time_ping_pong({ours, ours}, {partners, partners}, cpus);
}

}  // namespace coresweep
