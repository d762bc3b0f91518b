// The sockets of one loop that wait for a peer: its listeners and connections. Stopping works from
// outside through the kernel alone: `shutdown` makes the pending accept or read return, and the
// coroutine that owns the socket says goodbye and closes it itself.
#pragma once

#include <mutex>
#include <unordered_set>

namespace coresweep {

class ConnectionRegistry {
 public:
  /// Registers a socket for as long as it lives. Must be gone before the socket is closed, else
  /// `stop` could shut down a stranger with the same number.
  class Entry {
   public:
    Entry(ConnectionRegistry& registry, int fd);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    ConnectionRegistry& registry_;
    int fd_;
  };

  /// Ends every pending read and accept, and those of sockets that register later.
  void stop_reading();

  /// Ends pending writes too: for peers that take too long to read their last replies.
  void stop_writing();

  [[nodiscard]] bool stopping() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_set<int> sockets_;
  bool stopping_ = false;
};

}  // namespace coresweep
