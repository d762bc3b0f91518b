// The threads that serve: started together, pinned, announced, stopped together.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <functional>
#include <vector>

#include "servers/home.hpp"
#include "servers/server.hpp"

namespace coresweep {

struct Crew {
  int threads;
  /// What thread i does, until nothing is left to be served.
  std::function<void(std::size_t i)> serve;
  /// Whose sockets are ended when the server stops.
  std::vector<Home*> homes;
  /// Ends every serve() at once: for peers that would not end.
  std::function<void()> cut;
  /// May be empty.
  std::function<void()> every_second;
};

/// Starts the crew, thread i on the i-th CPU of --pin, says `ready` on behalf of `endpoint`, and
/// returns when the operator has stopped the server and every thread has left.
void run_crew(Server& server, const boost::asio::ip::tcp::endpoint& endpoint, const Crew& crew);

}  // namespace coresweep
