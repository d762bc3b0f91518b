#include "servers/thread_crew.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <system_error>
#include <thread>

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

void stop(const Crew& crew, const std::atomic<int>& running) {
  const auto all_registries = [&crew](void (ConnectionRegistry::*what)()) {
    for (Home* home : crew.homes) {
      (home->registry.*what)();
    }
  };
  all_registries(&ConnectionRegistry::announce_stop);
  all_registries(&ConnectionRegistry::stop_idle);
  if (!all_left(running, kGraceForReads)) {
    all_registries(&ConnectionRegistry::stop_reading);
    if (!all_left(running, kGraceForWrites)) {
      all_registries(&ConnectionRegistry::stop_writing);
      if (!all_left(running, kGraceForLoops)) {
        print_error("greeter", "connections that would not end were cut");
        crew.cut();
      }
    }
  }
}

}  // namespace

void run_crew(Server& server, const boost::asio::ip::tcp::endpoint& endpoint, const Crew& crew) {
  std::atomic<int> running{0};
  std::vector<std::jthread> threads;
  std::latch settled(crew.threads);
  const auto work = [&](std::size_t number) {
    ServerThread& self = server.threads()[number];
    if (!settle(self, server.options().pin, number)) {
      ::_exit(kExitFailed);  // nobody was told that we are ready
    }
    settled.count_down();
    crew.serve(number);
    self.leave();
    --running;
  };
  try {
    for (int i = 0; i < crew.threads; ++i) {
      ++running;
      threads.emplace_back(work, threads.size());
    }
  } catch (const std::system_error& error) {
    // Those that did start wait for connections and would be joined for ever.
    print_error("greeter", fmt::format("cannot start thread {} of --threads {}: {}", threads.size(),
                                       crew.threads, error.code().message()));
    ::_exit(kExitFailed);
  }
  settled.wait();
  server.announce_ready(endpoint);
  server.wait_for_stop([&] {
    std::size_t shortage = server.held_memory().shortage();
    for (Home* home : crew.homes) {
      home->registry.pass_second(shortage);
    }
    if (crew.every_second) {
      crew.every_second();
    }
  });
  stop(crew, running);
  threads.clear();  // joins
  server.announce_stopped();
}

}  // namespace coresweep
