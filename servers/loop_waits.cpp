// Counts what Asio's loops, and ours, wait for. Neither Asio nor the kernel tells, so the linker
// (--wrap) leads the calls through here: a counter of the thread's own each, and no lock.
#include <sys/epoll.h>

#include <boost/asio/detail/config.hpp>

#include "servers/server_thread.hpp"

#ifdef BOOST_ASIO_HAS_IO_URING
#include <liburing.h>
#endif

namespace {

enum class Looked { only, or_slept };

// Not of the main thread, which takes loops down, and may wait in a ring for what was under way.
void count(Looked how, int events) {
  if (coresweep::ServerThread* const thread = coresweep::ServerThread::current_or_none()) {
    (how == Looked::only ? thread->counters.loop_polls : thread->counters.loop_waits).add(1);
    thread->counters.loop_events.add(events > 0 ? static_cast<std::uint64_t>(events) : 0);
  }
}

}  // namespace

extern "C" {

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms);

int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  const int ready = __real_epoll_wait(epoll, events, most, timeout_ms);
  count(timeout_ms == 0 ? Looked::only : Looked::or_slept, ready);
  return ready;
}

#ifdef BOOST_ASIO_HAS_IO_URING
// Called when the queue of completions is empty: these themselves are taken from memory, uncounted.
int __real___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals);

int __wrap___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals) {
  const int result = __real___io_uring_get_cqe(ring, cqe, submit, wait, signals);
  count(wait == 0 ? Looked::only : Looked::or_slept, 0);
  return result;
}
#endif
// NOLINTEND(bugprone-reserved-identifier)
}
