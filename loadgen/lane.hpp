// A connection of a load thread through all its lives: opened, used, lost or used up, opened again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "loadgen/connection.hpp"
#include "loadgen/due_queue.hpp"

namespace coresweep {

/// For how long a connection has had a slot for a request.
class SlotClock {
 public:
  void see(bool is_free, std::int64_t now) {
    if (is_free == is_free_) {
      return;
    }
    free_ns_ = free_until(now);
    is_free_ = is_free;
    before_ns_ = std::exchange(changed_ns_, now);
  }
  [[nodiscard]] bool is_free() const { return is_free_; }
  /// Since when it is as it is.
  [[nodiscard]] std::int64_t changed_ns() const { return changed_ns_; }

  /// Until `at`, which may be some time ago: what is due is drawn when the thread gets round to it.
  /// Exact back to the change before the last; before that it counts as free, since a thread that
  /// is so far behind is late by its own doing.
  [[nodiscard]] std::int64_t free_until(std::int64_t at) const {
    if (at >= changed_ns_) {
      return free_ns_ + (is_free_ ? at - changed_ns_ : 0);
    }
    const std::int64_t of_last = is_free_ ? 0 : changed_ns_ - std::max(at, before_ns_);
    return free_ns_ - of_last - std::max(before_ns_ - at, std::int64_t{0});
  }

 private:
  bool is_free_ = false;
  std::int64_t changed_ns_ = 0;
  std::int64_t before_ns_ = 0;  // when it changed to that
  std::int64_t free_ns_ = 0;    // until changed_ns_
};

struct Lane {
  explicit Lane(Connection of) : connection(std::move(of)) {}

  enum class State : std::uint8_t {
    closed,
    opening,  ///< connecting, or waiting for the server's SETTINGS
    open,
  };

  Connection connection;
  DueQueue due;  ///< what it has to send: it outlives the connection
  State state = State::closed;
  std::uint32_t started = 0;       ///< requests, in this life
  std::uint32_t next_request = 0;  ///< of the different ones
  std::uint32_t failures = 0;      ///< to open or to stay open, one after the other
  std::int64_t connect_began_ns = 0;
  /// Since when a first reply has been wanted, through all that failed; 0: it has come. Later by
  /// what it was open without a request that was due.
  std::int64_t wanted_ns = 0;
  bool is_narrowed = false;        ///< in this life it was allowed fewer streams than asked for
  std::int64_t going_away_ns = 0;  ///< since when the server has been; 0: it has not
  SlotClock slot;
  /// What the last read left in the socket came after this; it left nothing: kNothing.
  std::int64_t rest_came_after_ns = kNothing;
  static constexpr std::int64_t kNothing = std::numeric_limits<std::int64_t>::max();
};

}  // namespace coresweep
