#include "harness/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <utility>

namespace coresweep {
namespace {

using std::chrono::nanoseconds;

// Starting, connecting, draining and stopping, measured on two cores; at most 500 ms by contract.
constexpr nanoseconds kTrialOverhead = std::chrono::milliseconds(150);

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
  // Draws that would favour small numbers are drawn again.
  std::size_t below(std::uint64_t bound) {
    const std::uint64_t whole = std::mt19937_64::max() - std::mt19937_64::max() % bound;
    std::uint64_t drawn = engine_();
    while (drawn >= whole) {
      drawn = engine_();
    }
    return static_cast<std::size_t>(drawn % bound);
  }

  std::mt19937_64 engine_;
};

// Cells that run back to back: all arms under one handler at one thread count, or the ceiling
// alone.
using Neighbours = std::vector<std::size_t>;

// By thread count, and in each by handler.
std::vector<std::vector<Neighbours>> groups_of(const std::vector<Cell>& cells) {
  std::vector<std::vector<Neighbours>> groups;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const bool same_count =
        i > 0 && cells[i].role == cells[i - 1].role && cells[i].threads == cells[i - 1].threads;
    if (!same_count) {
      groups.emplace_back();
    }
    if (!same_count || cells[i].handler != cells[i - 1].handler) {
      groups.back().emplace_back();
    }
    groups.back().back().push_back(i);
  }
  return groups;
}

// A group's order in `block`. Every second block turns the order of the one before around, so that
// each of two arms is first equally often: who goes first may find the machine colder.
void arrange(std::vector<Neighbours>& group, int block, Shuffler& shuffler) {
  const auto turn = [block, &shuffler](auto& elements) {
    if (block % 2 == 0) {
      shuffler.shuffle(elements);
    } else {
      std::reverse(elements.begin(), elements.end());
    }
  };
  for (Neighbours& neighbours : group) {
    turn(neighbours);
  }
  turn(group);
}

}  // namespace

std::string format_duration(nanoseconds duration) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 3> kUnits{
      {{1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  for (const auto& [length, name] : kUnits) {
    if (duration.count() % length == 0) {
      return fmt::format("{}{}", duration.count() / length, name);
    }
  }
  return {};  // never reached: every count is a whole number of nanoseconds
}

std::string cell_name(const Cell& cell) {
  const bool is_told = cell.engine != kEpoll && cell.engine != kPeer;
  const std::string handler = handler_name(cell.handler);
  return fmt::format("{}/{}{}{}/t{}/c{}/s{}{}{}", cell.architecture, cell.http2,
                     is_told ? "/" : "", is_told ? cell.engine : "", cell.threads,
                     cell.connections, cell.streams, handler.empty() ? "" : "/", handler);
}

std::vector<PlannedTrial> trial_order(const std::vector<Cell>& cells, int blocks,
                                      std::uint64_t seed) {
  Shuffler shuffler(seed);
  auto groups = groups_of(cells);
  std::vector<PlannedTrial> order;
  for (int block = 0; block < blocks; ++block) {
    for (auto& group : groups) {
      arrange(group, block, shuffler);
    }
    std::vector<std::size_t> places(groups.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    shuffler.shuffle(places);
    for (const std::size_t place : places) {
      for (const Neighbours& neighbours : groups[place]) {
        for (const std::size_t cell : neighbours) {
          order.push_back({static_cast<int>(order.size()), block, cell});
        }
      }
    }
  }
  return order;
}

nanoseconds expected_time(const Plan& plan, std::size_t trials) {
  return static_cast<std::int64_t>(trials) * (plan.warmup + plan.duration + kTrialOverhead);
}

}  // namespace coresweep
