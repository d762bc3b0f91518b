// N loops and the threads that run them.
#pragma once

#include <cstddef>
#include <memory>
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
  LoopGroup(LoopCount count, Server& server);

  [[nodiscard]] Loop& operator[](std::size_t i) { return *loops_[i]; }
  [[nodiscard]] std::vector<Loop*> all();

  /// Runs every loop on its threads, says `ready` on behalf of `endpoint`, and returns when the
  /// operator has stopped the server and every thread has left. Server threads are numbered loop by
  /// loop; thread i runs on the i-th CPU of --pin.
  void run(const boost::asio::ip::tcp::endpoint& endpoint);

 private:
  Server& server_;
  int threads_per_loop_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace coresweep
