#include "servers/loop_group.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <latch>
#include <system_error>

#include "support/exit.hpp"
#include "support/pin_thread.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

// How long a stopping server lets its peers finish what they have begun, and then read what they
// were promised; then writes are cut, then loops. Together well below the second in which nothing
// of us may be left.
constexpr auto kGraceForReads = 200ms;
constexpr auto kGraceForWrites = 200ms;
constexpr auto kGraceForLoops = 200ms;

// Of requests in parts and replies not taken, all connections of all loops together.
constexpr std::size_t kMostHeld = std::size_t{256} << 20;

// False when the thread cannot run where it shall; the line is printed.
bool settle(ServerThread& self, const std::vector<int>& pin, std::size_t number) {
  self.bind();
  ::pthread_setname_np(::pthread_self(), fmt::format("server{}", number).c_str());
  if (pin.empty()) {
    return true;
  }
  const auto error = pin_thread(pin[number]);
  if (error) {
    print_error("greeter", fmt::format("cannot pin thread {} to CPU {}: {}", number, pin[number],
                                       error.message()));
  }
  return !error;
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

LoopGroup::LoopGroup(LoopCount count, const ServerOptions& options)
    : threads_per_loop_(count.threads_per_loop), open_(options.max_connections), held_(kMostHeld) {
  for (int i = 0; i < count.loops; ++i) {
    loops_.push_back(
        std::make_unique<Loop>(count.threads_per_loop, open_, held_, options.patience));
  }
}

void LoopGroup::run(Server& server, const boost::asio::ip::tcp::endpoint& endpoint) {
  std::atomic<int> running{0};
  std::vector<std::jthread> threads;
  std::latch settled(static_cast<std::ptrdiff_t>(loops_.size()) * threads_per_loop_);
  const auto work = [&](Loop& loop, std::size_t number) {
    ServerThread& self = server.threads()[number];
    if (!settle(self, server.options().pin, number)) {
      ::_exit(kExitFailed);  // nobody was told that we are ready
    }
    settled.count_down();
    loop.io.run();
    self.leave();
    --running;
  };
  try {
    for (const auto& loop : loops_) {
      for (int k = 0; k < threads_per_loop_; ++k) {
        ++running;
        threads.emplace_back(work, std::ref(*loop), threads.size());
      }
    }
  } catch (const std::system_error& error) {
    // Those that did start wait for connections and would be joined for ever.
    print_error("greeter", fmt::format("cannot start thread {} of --threads {}: {}", threads.size(),
                                       server.options().threads, error.code().message()));
    ::_exit(kExitFailed);
  }
  settled.wait();
  server.announce_ready(endpoint);
  server.wait_for_stop([this] {
    std::size_t shortage = held_.shortage();
    for (const auto& loop : loops_) {
      loop->registry.pass_second(shortage);
    }
  });
  stop_and_join(threads, running);
  server.announce_stopped();
}

void LoopGroup::stop_and_join(std::vector<std::jthread>& threads, const std::atomic<int>& running) {
  const auto all_registries = [this](void (ConnectionRegistry::*what)()) {
    for (const auto& loop : loops_) {
      (loop->registry.*what)();
    }
  };
  all_registries(&ConnectionRegistry::stop_idle);
  if (!all_left(running, kGraceForReads)) {
    all_registries(&ConnectionRegistry::stop_reading);
    if (!all_left(running, kGraceForWrites)) {
      all_registries(&ConnectionRegistry::stop_writing);
      if (!all_left(running, kGraceForLoops)) {
        print_error("greeter", "connections that would not end were cut");
        for (const auto& loop : loops_) {
          loop->io.stop();
        }
      }
    }
  }
  threads.clear();  // joins
}

}  // namespace coresweep
