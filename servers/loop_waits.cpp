// Counts what Asio's loops wait for. Neither Asio nor the kernel tells, so the linker (--wrap)
// leads the calls through here: a counter of the thread's own each, and no lock.
#include <sys/epoll.h>

#include <boost/asio/detail/config.hpp>

#include "servers/server_thread.hpp"

#ifdef BOOST_ASIO_HAS_IO_URING
#include <liburing.h>
#endif

namespace {

enum class Looked { only, or_slept };

void count(Looked how, coresweep::ThreadCounters& counters) {
  if (how == Looked::or_slept) [[likely]] {
    counters.loop_waits.add(1);
  } else {
    counters.loop_polls.add(1);
  }
}

}  // namespace

extern "C" {

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms);

int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  const int ready = __real_epoll_wait(epoll, events, most, timeout_ms);
  // Only a serving thread runs a loop.
  coresweep::ThreadCounters& counters = coresweep::ServerThread::current_or_none()->counters;
  count(timeout_ms == 0 ? Looked::only : Looked::or_slept, counters);
  if (ready > 0) {
    counters.loop_events.add(static_cast<std::uint64_t>(ready));
  }
  return ready;
}

#ifdef BOOST_ASIO_HAS_IO_URING
// Called when the queue of completions is empty: these themselves are taken from memory, uncounted.
int __real___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals);

int __wrap___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals) {
  const int result = __real___io_uring_get_cqe(ring, cqe, submit, wait, signals);
  // Not of the main thread, which takes loops down, and may wait for what was under way.
  if (coresweep::ServerThread* const thread = coresweep::ServerThread::current_or_none()) {
    count(wait == 0 ? Looked::only : Looked::or_slept, thread->counters);
  }
  return result;
}
#endif
// NOLINTEND(bugprone-reserved-identifier)
}
