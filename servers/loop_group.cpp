#include "servers/loop_group.hpp"

#include "servers/thread_crew.hpp"

namespace coresweep {

LoopGroup::LoopGroup(LoopCount count, Server& server)
    : server_(server), threads_per_loop_(count.threads_per_loop) {
  for (int i = 0; i < count.loops; ++i) {
    loops_.push_back(std::make_unique<Loop>(count.threads_per_loop, server));
  }
  if (count.threads_per_loop > 1) {
    server.serve_by_any_thread();
  }
}

std::vector<Loop*> LoopGroup::all() {
  std::vector<Loop*> all;
  for (const auto& loop : loops_) {
    all.push_back(loop.get());
  }
  return all;
}

void LoopGroup::run(const boost::asio::ip::tcp::endpoint& endpoint) {
  const std::vector<Loop*> loops = all();
  const auto threads_per_loop = static_cast<std::size_t>(threads_per_loop_);
  run_crew(server_, endpoint,
           {.threads = static_cast<int>(loops.size()) * threads_per_loop_,
            .serve = [&](std::size_t thread) { loops[thread / threads_per_loop]->io.run(); },
            .homes = {loops.begin(), loops.end()},
            .cut =
                [&] {
                  for (Loop* loop : loops) {
                    loop->io.stop();
                  }
                },
            .every_second = {}});
}

}  // namespace coresweep
