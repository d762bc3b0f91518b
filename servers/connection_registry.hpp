// The sockets of one loop that wait for a peer: its listeners and connections. Stopping works from
// outside through the kernel alone: `shutdown` makes the pending accept or read return, and the
// coroutine that owns the socket says goodbye and closes it itself. So does a peer's time running
// out: no timer of a loop's own is set for every connection.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "servers/held_memory.hpp"

namespace coresweep {

class ConnectionRegistry {
 public:
  /// `held`: what the connections of all loops make the server hold.
  explicit ConnectionRegistry(HeldMemory& held) : held_(held) {}

  /// Registers a socket for as long as it lives. Must be gone before the socket is closed, else
  /// `stop` could shut down a stranger with the same number.
  class Entry {
   public:
    Entry(ConnectionRegistry& registry, int fd);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// From now on the peer has so long, rounded up to the next pass_second(); then its reads end.
    void allow(std::chrono::seconds time);
    void allow_for_ever() { due_.store(kNever, std::memory_order_relaxed); }
    [[nodiscard]] bool is_limited() const { return due_.load(std::memory_order_relaxed) != kNever; }
    /// Its time has run out, which ended its reads.
    [[nodiscard]] bool is_overdue() const { return overdue_.load(std::memory_order_relaxed); }

    /// The peer has gone on, and the server holds so much for it now (bytes, counted in pages of
    /// 4 KB).
    void hold(std::size_t size);
    /// It has to go: all connections together hold too much, and this one more than its share.
    [[nodiscard]] bool holds_too_much() const;

   private:
    friend class ConnectionRegistry;
    static constexpr std::uint32_t kNever = ~std::uint32_t{0};

    ConnectionRegistry& registry_;
    int fd_;
    std::atomic<std::uint32_t> size_{0};      // of what is held for it
    std::atomic<std::uint32_t> due_{kNever};  // in seconds passed, as this:
    std::atomic<std::uint32_t> went_on_{0};
    std::atomic<bool> overdue_{false};
  };

  /// To be called once a second: ends the reads of peers whose time has run out, and a second later
  /// their writes. Peers that have not gone on for a second give up what is held for them, if it
  /// is more than an even share, until `shortage` (bytes) is no more.
  void pass_second(std::size_t& shortage);

  /// From now on stopping(): to be said to all registries before anything is ended in one, since
  /// they may share a listener. Sockets that register later have their reads ended at once.
  void announce_stop();

  /// Ends the pending accepts, and the reads of peers that have nothing begun: those whose time is
  /// limited may finish first.
  void stop_idle();

  /// Ends every pending read.
  void stop_reading();

  /// Ends pending writes too: for peers that take too long to read their last replies.
  void stop_writing();

  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

 private:
  HeldMemory& held_;
  std::mutex mutex_;
  std::unordered_map<int, Entry*> sockets_;
  std::atomic<std::uint32_t> seconds_{0};
  std::atomic<bool> stopping_{false};
};

}  // namespace coresweep
