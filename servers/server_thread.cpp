#include "servers/server_thread.hpp"

#include <unistd.h>

#include <cassert>

namespace coresweep {
namespace {

// The one thing a coroutine can find without being told which thread resumed it.
thread_local ServerThread* current_thread = nullptr;

}  // namespace

// Not inline: a compiler may keep a thread_local's address across a co_await, and the coroutine
// then goes on with the counters of the thread that it left.
[[gnu::noinline]] ServerThread& ServerThread::current() {
  assert(current_thread != nullptr);
  return *current_thread;
}

ServerThread* ServerThread::current_or_none() { return current_thread; }

void ServerThread::bind() {
  current_thread = this;
  id_.store(::gettid(), std::memory_order_relaxed);
}

void ServerThread::leave() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  final_usage_ = usage;
}

}  // namespace coresweep
