// The rest of a connection whose peer was sent away: closed with bytes unread, the kernel would
// reset it, and the peer lose our GOAWAY.
#pragma once

#include <chrono>
#include <cstddef>

#include "servers/home.hpp"

namespace coresweep {

class Farewell {
 public:
  /// Ends our side of `socket`, which must outlive this.
  Farewell(int socket, Home& home);

  /// Reads what is there into nothing. False when it is over: the peer has gone or its time has
  /// run out, or it sends too much.
  [[nodiscard]] bool go_on();

  /// `size` bytes were read into nothing by somebody else.
  void discarded(std::size_t size) { discarded_ += size; }

 private:
  int socket_;
  ConnectionRegistry::Entry entry_;
  std::size_t discarded_ = 0;
};

/// The connection is closed now: to be called when nothing of it is left but its socket.
void count_closed(Home& home);

}  // namespace coresweep
