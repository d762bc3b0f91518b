#include "harness/capacity_phase.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/block_ratio.hpp"
#include "harness/failure.hpp"
#include "harness/verdict.hpp"

namespace coresweep {
namespace {

// An open loop holds less than a closed one's most, where each answer makes the next request due.
constexpr double kFirstShare = 0.7;
// Where the closed loop came to nothing: few enough for any server, and no minute's window each.
constexpr std::int64_t kFirstUnknown = 1'000;
// Shares are whole percents: finer would not show in them. A capacity is the answer itself.
constexpr double kStepOfShares = 0.05;
constexpr double kStepOfCapacity = 0.02;

Cell closed(Cell cell) {
  cell.role = Role::kCapacity;
  cell.twin_of = cell_name(cell);
  cell.load = {};
  cell.share_percent = 0;
  return cell;
}

// Of a search that came to no answer, too: a share is no finer than a fifth of what is held.
bool is_near_enough(const FoundCapacity& found) {
  return found.held_per_s > 0 &&
         (is_answer(found.end) ||
          (found.bracket_high_per_s && 5 * found.held_per_s >= 4 * *found.bracket_high_per_s));
}

// Whether what is found of one is true of the other.
bool is_same_search(const Cell& one, const Cell& other) {
  return one.arm() == other.arm() && one.threads == other.threads &&
         one.conditions == other.conditions && one.connections == other.connections &&
         one.streams == other.streams;
}

}  // namespace

RateHeld rate_held(const Outcome& outcome, const LatencyBound& bound) {
  if (outcome.is_lost()) {
    return RateHeld::kNoisy;
  }
  if (outcome.has_verdict(kFailed) || !outcome.throughput_per_s) {
    return RateHeld::kNo;
  }
  const bool is_late = outcome.has_verdict(kClientLate);
  const bool is_soon = !bound || (outcome.latency.p99_ns &&
                                  *outcome.latency.p99_ns <= static_cast<double>(bound->count()));
  const bool is_held = !outcome.has_verdict(kMissedRate) && is_soon;
  // What the load generator could not offer, or the network carry, says nothing of the server; nor
  // does a latency that is its own, or one of too few requests.
  const bool is_the_clients = !is_held && (is_late || outcome.has_verdict(kClientBound) ||
                                           outcome.has_verdict(kNetworkLimited));
  const bool is_late_or_few = bound && (is_late || (!outcome.has_verdict(kMissedRate) &&
                                                !outcome.latency.p99_ns));
  if (is_the_clients || is_late_or_few || outcome.has_verdict(kPortTrouble) ||
      outcome.has_verdict(kLittleViolation)) {
    return RateHeld::kUntold;
  }
  if (std::any_of(outcome.verdicts.begin(), outcome.verdicts.end(), is_external)) {
    return RateHeld::kNoisy;
  }
  return is_held ? RateHeld::kYes : RateHeld::kNo;
}

CapacityPhase::CapacityPhase(const std::vector<Cell>& cells, LatencyBound bound) : bound_(bound) {
  for (const Cell& cell : cells) {
    const bool is_known = std::any_of(
        searches_.begin(), searches_.end(),
        [&cell](const Search& search) { return is_same_search(search.cell, cell); });
    if (cell.role == Role::kArm && cell.share_percent > 0 && !is_known) {
      searches_.push_back({cell});
    }
  }
}

std::optional<Cell> CapacityPhase::next() {
  // In turn, so that the machine's drift meets all of them alike.
  for (std::size_t tried = 0; tried < searches_.size(); ++tried) {
    const Search& search = searches_[turn_];
    if (!search.rates) {
      return closed(search.cell);
    }
    if (const auto rate = search.rates->next_rate()) {
      Cell cell = closed(search.cell);
      cell.load = search.cell.load;
      cell.load.rate_per_s = *rate;
      return cell;
    }
    turn_ = (turn_ + 1) % searches_.size();
  }
  return std::nullopt;
}

void CapacityPhase::add(const Outcome& outcome) {
  Search& search = searches_[turn_];
  if (search.rates) {
    const RateHeld held = rate_held(outcome, bound_);
    search.rates->add(*search.rates->next_rate(), held);
    if (held == RateHeld::kNoisy || held == RateHeld::kUntold) {
      for (const std::string& verdict : outcome.verdicts) {
        ++search.said_nothing[verdict];
      }
      search.said_nothing[kP99NotKnown] += outcome.verdicts.empty() ? 1 : 0;
    }
  } else if (!outcome.is_lost()) {
    const auto first =
        static_cast<std::int64_t>(kFirstShare * outcome.throughput_per_s.value_or(0));
    search.rates.emplace(CapacitySearchOptions{
        .first_per_s = first > 0 ? first : kFirstUnknown,
        .step = bound_ ? kStepOfCapacity : kStepOfShares});
  }
  turn_ = (turn_ + 1) % searches_.size();
}

std::optional<std::int64_t> CapacityPhase::lowest_at(const Cell& cell) const {
  std::optional<std::int64_t> lowest;
  for (const Search& search : searches_) {
    // The null responder calls no handler, and has the rate of the arms that it is the floor of.
    const bool is_at_its_rate =
        cell.role == Role::kCeiling ? !cell.floor_of || search.cell.conditions == *cell.floor_of
                                    : search.cell.conditions == cell.conditions;
    const bool is_there =
        search.cell.connections == cell.connections && search.cell.streams == cell.streams &&
        search.cell.threads == cell.threads && is_at_its_rate;
    if (!is_there) {
      continue;
    }
    const FoundCapacity found = search.rates ? search.rates->result() : FoundCapacity();
    // The slowest arm may be the one of which nothing is known.
    if (!is_near_enough(found)) {
      return std::nullopt;
    }
    lowest = std::min(lowest.value_or(found.held_per_s), found.held_per_s);
  }
  return lowest;
}

std::size_t CapacityPhase::searches_left() const {
  return static_cast<std::size_t>(
      std::count_if(searches_.begin(), searches_.end(), [](const Search& search) {
        return !search.rates || search.rates->next_rate().has_value();
      }));
}

std::vector<CapacityPhase::Found> CapacityPhase::found() const {
  std::vector<Found> all;
  for (const Search& search : searches_) {
    if (search.rates) {
      all.push_back({search.cell, search.rates->result(), search.said_nothing});
    }
  }
  return all;
}

namespace {

// One floor is enough where two sets of conditions came to the same rate.
void leave_out_equal_floors(std::vector<Cell>& cells, std::vector<std::string>& remarks) {
  for (auto later = cells.begin(); later != cells.end(); ++later) {
    const auto earlier = std::find_if(cells.begin(), later, [&later](const Cell& cell) {
      return later->floor_of && cell.floor_of && at_one_place(cell, *later) &&
             cell.load.rate_per_s == later->load.rate_per_s;
    });
    if (earlier != later && later->load.rate_per_s > 0) {
      later->load.rate_per_s = 0;
      remarks.push_back(fmt::format("{} is left out: its rate is that of {}", cell_name(*later),
                                    cell_name(*earlier)));
    }
  }
}

}  // namespace

std::vector<std::string> settle_rates(const CapacityPhase& capacity, std::vector<Cell>& cells) {
  std::vector<std::string> remarks;
  for (const CapacityPhase::Found& found : capacity.found()) {
    remarks.push_back(
        fmt::format("{} {}", cell_name(closed(found.cell)), capacity_text(found.capacity)));
  }
  for (Cell& cell : cells) {
    if (const auto lowest = capacity.lowest_at(cell)) {
      cell.load.rate_per_s = std::max<std::int64_t>(1, *lowest * cell.share_percent / 100);
    } else {
      remarks.push_back(
          fmt::format("{} is left out: what every arm holds there is not known", cell_name(cell)));
    }
  }
  leave_out_equal_floors(cells, remarks);
  const auto runs = [](const Cell& cell) {
    return cell.role == Role::kArm && cell.load.rate_per_s > 0;
  };
  if (std::none_of(cells.begin(), cells.end(), runs)) {
    throw Failure("what the arms hold is known nowhere, so that no share of it can be taken");
  }
  return remarks;
}

}  // namespace coresweep
