#include "harness/end_record.hpp"

#include <cassert>

#include "harness/trial_result.hpp"

namespace coresweep {
namespace {

const char* name_of(SearchEnd end) {
  switch (end) {
    case SearchEnd::kRunning:  // has no record yet
      break;
    case SearchEnd::kConfirmed:
      return "confirmed";
    case SearchEnd::kHighestHeld:
      return "highest_held";
    case SearchEnd::kNothingHeld:
      return "nothing_held";
    case SearchEnd::kOutOfTrials:
      return "out_of_trials";
    case SearchEnd::kTooNoisy:
      return "too_noisy";
    case SearchEnd::kUntold:
      return "untold";
  }
  assert(false);
  return "";
}

// Of a search the rate is what it is to find: its cell has none.
Json search_record(std::size_t block, const CapacityPhase::Found& found) {
  Cell cell = found.cell;
  cell.share_percent = 0;
  Json factors = factors_record(cell);
  factors["rate_per_s"] = nullptr;
  cell.load = {};
  const auto& not_held = found.capacity.bracket_high_per_s;
  return {{"cell", cell_name(cell)},
          {"block", block},
          {"factors", factors},
          {"held_per_s", found.capacity.held_per_s},
          {"not_held_per_s", not_held ? Json(*not_held) : Json()},
          {"end", name_of(found.capacity.end)}};
}

}  // namespace

Json capacities_record(const std::vector<std::vector<CapacityPhase::Found>>& blocks) {
  Json record = Json::array();
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    for (const CapacityPhase::Found& found : blocks[block]) {
      record.push_back(search_record(block, found));
    }
  }
  return record;
}

Json end_record(const Schedule& schedule, const std::vector<std::string>& answer,
                const std::string& ended_at) {
  Json record{{"schema_version", kSchemaVersion},
              {"ended_at", ended_at},
              {"trials", schedule.outcomes().size()},
              {"blocks", schedule.blocks()},
              {"remarks", schedule.remarks()},
              {"answer", answer}};
  if (Json capacities = capacities_record(schedule.capacities()); !capacities.empty()) {
    record["capacities"] = std::move(capacities);
  }
  return record;
}

}  // namespace coresweep
