#include "servers/loop_group.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <chrono>
#include <latch>

#include "support/exit.hpp"
#include "support/pin_thread.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

// How long a stopping server lets its peers read what they were promised; then writes are cut, then
// loops. Together well below the second in which nothing of us may be left.
constexpr auto kGraceForWrites = 300ms;
constexpr auto kGraceForLoops = 300ms;

void run_loop(Loop& loop, ServerThread& self, const std::vector<int>& pin, std::size_t number) {
  self.bind();
  ::pthread_setname_np(::pthread_self(), fmt::format("server{}", number).c_str());
  if (!pin.empty()) {
    // Checked against the process's CPUs before it came to this: a CPU can only have gone since.
    if (const auto error = pin_thread(pin[number])) {
      print_error("greeter", fmt::format("cannot pin thread {} to CPU {}: {}", number, pin[number],
                                         error.message()));
    }
  }
  loop.io.run();
  self.leave();
}

// Waits until `running` is zero; false when `grace` was not enough.
bool all_left(const std::atomic<int>& running, std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (running.load() > 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace

LoopGroup::LoopGroup(LoopCount count) : threads_per_loop_(count.threads_per_loop) {
  for (int i = 0; i < count.loops; ++i) {
    loops_.push_back(std::make_unique<Loop>(count.threads_per_loop));
  }
}

void LoopGroup::run(Server& server, const boost::asio::ip::tcp::endpoint& endpoint) {
  std::atomic<int> running{0};
  std::vector<std::jthread> threads;
  std::latch started(static_cast<std::ptrdiff_t>(loops_.size()) * threads_per_loop_);
  for (const auto& loop : loops_) {
    for (int k = 0; k < threads_per_loop_; ++k) {
      const std::size_t number = threads.size();
      ++running;
      threads.emplace_back([&, number] {
        started.count_down();
        run_loop(*loop, server.threads()[number], server.options().pin, number);
        --running;
      });
    }
  }
  started.wait();
  server.announce_ready(endpoint);
  server.wait_for_stop();
  stop_and_join(threads, running);
  server.announce_stopped();
}

void LoopGroup::stop_and_join(std::vector<std::jthread>& threads, const std::atomic<int>& running) {
  for (const auto& loop : loops_) {
    loop->registry.stop_reading();
  }
  if (!all_left(running, kGraceForWrites)) {
    for (const auto& loop : loops_) {
      loop->registry.stop_writing();
    }
    if (!all_left(running, kGraceForLoops)) {
      print_error("greeter", "connections that would not end were cut");
      for (const auto& loop : loops_) {
        loop->io.stop();
      }
    }
  }
  threads.clear();  // joins
}

}  // namespace coresweep
