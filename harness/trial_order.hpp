// In which order the cells of a block run: shuffled, and the same for one seed on any machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace coresweep {

/// Cells that run back to back, as indices.
using Neighbours = std::vector<std::size_t>;

/// Neighbours that run one after the other, such as all of one thread count.
using Group = std::vector<Neighbours>;

// std::shuffle and std::uniform_int_distribution differ between standard libraries, and a recorded
// seed must give its order everywhere: the engine is specified to the bit, the rest is here.
class Shuffler {
 public:
  explicit Shuffler(std::uint64_t seed) : engine_(seed) {}

  template <typename Element>
  void shuffle(std::vector<Element>& elements) {
    for (std::size_t rest = elements.size(); rest > 1; --rest) {
      std::swap(elements[rest - 1], elements[below(rest)]);
    }
  }

 private:
  std::size_t below(std::uint64_t bound);

  std::mt19937_64 engine_;
};

/// Blocks, each of which has every neighbours once. In a block the groups come in random order; in
/// a group the neighbours, and the cells of each, are shuffled in one block and mirrored in the
/// next, so that drift and going first meet both arms of a ratio alike.
class BlockOrder {
 public:
  BlockOrder(std::vector<Group> groups, std::uint64_t seed);

  /// The next block's, in the order in which they run.
  [[nodiscard]] std::vector<Neighbours> next();

 private:
  std::vector<Group> groups_;
  Shuffler shuffler_;
  int blocks_ = 0;
};

}  // namespace coresweep
