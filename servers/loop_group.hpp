// N loops and the threads that run them: started together, pinned, stopped together.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "servers/loop.hpp"
#include "servers/server.hpp"

namespace coresweep {

struct LoopCount {
  int loops;
  int threads_per_loop;
};

class LoopGroup {
 public:
  LoopGroup(LoopCount count, const ServerOptions& options);

  [[nodiscard]] Loop& operator[](std::size_t i) { return *loops_[i]; }
  [[nodiscard]] std::span<const std::unique_ptr<Loop>> all() const { return loops_; }

  /// Runs every loop on its threads, says `ready` on behalf of `endpoint`, and returns when the
  /// operator has stopped the server and every thread has left. Server threads are numbered loop by
  /// loop; thread i runs on the i-th CPU of --pin.
  void run(Server& server, const boost::asio::ip::tcp::endpoint& endpoint);

 private:
  void stop_and_join(std::vector<std::jthread>& threads, const std::atomic<int>& running);

  int threads_per_loop_;
  OpenConnections open_;
  HeldMemory held_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace coresweep
