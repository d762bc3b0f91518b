// A connection of a load thread through all its lives: opened, used, lost or used up, opened again.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>

#include "loadgen/connection.hpp"
#include "loadgen/due_queue.hpp"
#include "loadgen/slot_clock.hpp"

namespace coresweep {

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
