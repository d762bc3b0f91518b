// Counts what Asio's loops, and ours, wait for. Neither Asio nor the kernel tells, so the linker
// (--wrap) leads the calls through here: a counter of the thread's own each, and no lock.
#include <sys/epoll.h>

#include <boost/asio/detail/config.hpp>

#include "servers/server_thread.hpp"

#ifdef BOOST_ASIO_HAS_IO_URING
#include <liburing.h>
#endif

extern "C" {

// The names are the linker's.
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms);

int __wrap_epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  const int count = __real_epoll_wait(epoll, events, most, timeout_ms);
  coresweep::ThreadCounters& counters = coresweep::ServerThread::current().counters;
  (timeout_ms == 0 ? counters.loop_polls : counters.loop_waits).add(1);
  counters.loop_events.add(count > 0 ? static_cast<std::uint64_t>(count) : 0);
  return count;
}

#ifdef BOOST_ASIO_HAS_IO_URING
// Called when the queue of completions is empty: these themselves are taken from memory, uncounted.
int __real___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals);

int __wrap___io_uring_get_cqe(io_uring* ring, io_uring_cqe** cqe, unsigned submit, unsigned wait,
                              sigset_t* signals) {
  const int result = __real___io_uring_get_cqe(ring, cqe, submit, wait, signals);
  coresweep::ThreadCounters& counters = coresweep::ServerThread::current().counters;
  (wait == 0 ? counters.loop_polls : counters.loop_waits).add(1);
  return result;
}
#endif
// NOLINTEND(bugprone-reserved-identifier)
}
