// Where an accepted connection lives.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "servers/loop.hpp"

namespace coresweep {

/// What keeps two threads of a loop from one connection.
enum class Guarding {
  by_turns,   ///< nothing is needed: it has one read or one write in flight, and no more
  by_strand,  ///< a strand of its own, as if it had several
};

class Placement {
 public:
  Placement(std::vector<Loop*> homes, Guarding guarding)
      : homes_(std::move(homes)), guarding_(guarding) {}

  /// Of the next connection that is accepted.
  [[nodiscard]] Loop& home() const { return *homes_[turn_]; }
  [[nodiscard]] const std::vector<Loop*>& homes() const { return homes_; }
  void taken() { turn_ = (turn_ + 1) % homes_.size(); }
  [[nodiscard]] Guarding guarding() const { return guarding_; }

 private:
  std::vector<Loop*> homes_;
  std::size_t turn_ = 0;
  Guarding guarding_;
};

[[nodiscard]] inline Placement live_on(Loop& loop) { return {{&loop}, Guarding::by_turns}; }
[[nodiscard]] inline Placement live_behind_a_strand_on(Loop& loop) {
  return {{&loop}, Guarding::by_strand};
}
/// To each in turn.
[[nodiscard]] inline Placement deal_to(std::vector<Loop*> loops) {
  return {std::move(loops), Guarding::by_turns};
}

}  // namespace coresweep
