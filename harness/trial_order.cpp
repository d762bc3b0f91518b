#include "harness/trial_order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace coresweep {

// Draws that would favour small numbers are drawn again.
std::size_t Shuffler::below(std::uint64_t bound) {
  const std::uint64_t whole = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  std::uint64_t drawn = engine_();
  while (drawn >= whole) {
    drawn = engine_();
  }
  return static_cast<std::size_t>(drawn % bound);
}

BlockOrder::BlockOrder(std::vector<Group> groups, std::uint64_t seed)
    : groups_(std::move(groups)), shuffler_(seed) {}

std::vector<Neighbours> BlockOrder::next() {
  // Every second block turns the order of the one before around, so that each of two arms is first
  // equally often: who goes first may find the machine colder.
  const auto turn = [this](auto& elements) {
    if (blocks_ % 2 == 0) {
      shuffler_.shuffle(elements);
    } else {
      std::reverse(elements.begin(), elements.end());
    }
  };
  for (Group& group : groups_) {
    for (Neighbours& neighbours : group) {
      turn(neighbours);
    }
    turn(group);
  }
  ++blocks_;
  std::vector<std::size_t> places(groups_.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  shuffler_.shuffle(places);
  std::vector<Neighbours> order;
  for (const std::size_t place : places) {
    order.insert(order.end(), groups_[place].begin(), groups_[place].end());
  }
  return order;
}

}  // namespace coresweep
