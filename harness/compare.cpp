#include "harness/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "harness/failure.hpp"
#include "harness/stored_lines.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

using CellKey = std::pair<std::string, std::string>;  // role and name

std::map<CellKey, CellTrials> trials_by_cell(const StoredRun& run) {
  refuse_capacity_search(run);
  std::map<CellKey, CellTrials> cells;
  for (const std::vector<StoredTrial>* trials : {&run.trials, &run.others}) {
    for (const StoredTrial& trial : *trials) {
      // Twins and controls judge their own sweep; their loads, and what is added to them, are its.
      const bool is_compared = trial.role == kArmRole || trial.role == kCeilingRole;
      if (trial.is_superseded || !is_compared) {
        continue;
      }
      const CellKey key(trial.role, trial.cell);
      cells[key].add(trial, figure_of(run.cells.at(key).factors));
    }
  }
  if (cells.empty()) {
    throw WrongUsage(fmt::format("{}: holds no trial: there is nothing to compare", run.folder));
  }
  return cells;
}

// Why the trials of one name are not of one thing; empty where they are.
std::string contradiction(const StoredCell& a, const StoredCell& b) {
  for (const StoredCell* cell : {&a, &b}) {
    if (!cell->contradiction.empty()) {
      return fmt::format("{} is of that name and has other factors", cell->contradiction);
    }
  }
  std::map<std::string, std::pair<Json, Json>> both;
  for (const auto& [name, value] : a.factors) {
    both[name].first = value;
  }
  for (const auto& [name, value] : b.factors) {
    both[name].second = value;
  }
  for (const auto& [name, values] : both) {
    if (values.first != values.second) {
      return fmt::format("factors.{} is {} in A and {} in B", name, values.first.dump(),
                         values.second.dump());
    }
  }
  return {};
}

// As in a headline: leaving out trials for what is to be compared would select the answer.
std::string why_no_median(const char* run, const CellTrials& cell) {
  if (cell.is_refused()) {
    return fmt::format("{} of {} of {} valid{}{}{}", cell.valid, counted(cell.trials, "trial"),
                       run, cell.verdicts.empty() ? "" : ": ", format_counts(cell.verdicts),
                       selects(cell.verdicts) && cell.valid > 0
                           ? ": leaving these out would select the answer"
                           : "");
  }
  // A percentile is not known where too many requests had no answer: these, too, select.
  const std::size_t unknown = cell.valid - cell.figures.size();
  return unknown == 0 ? std::string()
                      : fmt::format("p99 not known in {} of {}", counted(unknown, "valid trial"),
                                    run);
}

CellComparison compared_cell(const CellKey& key, const CellTrials& a, const CellTrials& b,
                             ComparedFigure figure, const std::string& contradicted) {
  CellComparison cell{key.first, key.second, figure, a, b, {}, contradicted};
  for (const std::string& why : {why_no_median("A", a), why_no_median("B", b)}) {
    if (!why.empty()) {
      cell.why_none += (cell.why_none.empty() ? "" : "; ") + why;
    }
  }
  if (cell.why_none.empty()) {
    cell.ratio = two_sample_ratio(b.figures.independent(), a.figures.independent());
  }
  return cell;
}

int threads_of(const StoredRun& run, const CellComparison& cell) {
  const Factors& factors = run.cells.at({cell.role, cell.cell}).factors;
  return factors.at("threads").get<int>();
}

std::size_t number_of_trials(const std::map<CellKey, CellTrials>& cells) {
  std::size_t trials = 0;
  for (const auto& [key, cell] : cells) {
    trials += cell.trials;
  }
  return trials;
}

// Without these nobody knows whether the code or the machine was the same.
bool has_fingerprint(const Json& record) {
  const auto has = [&record](const char* part) {
    const Json* value = find_stored(record, part);
    return value != nullptr && !value->empty();
  };
  return has("/machine") && has("/binaries");
}

// What every cell that only `run` has is called.
std::vector<std::string> names_of_others(const std::map<CellKey, CellTrials>& cells,
                                         const std::map<CellKey, CellTrials>& others) {
  std::vector<std::string> names;
  for (const auto& [key, trials] : cells) {
    if (!others.contains(key)) {
      names.push_back(spoken_cell(key.first, key.second));
    }
  }
  return names;
}

}  // namespace

std::string spoken_cell(const std::string& role, const std::string& cell) {
  return role == kArmRole ? cell : fmt::format("{} ({})", cell, role);
}

std::vector<FieldDifference> RunComparison::confounding() const {
  std::vector<FieldDifference> found;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(found),
               [](const FieldDifference& each) { return each.meaning == Meaning::kConfounds; });
  return found;
}

RunComparison compare_runs(const StoredRun& a, const StoredRun& b) {
  // On loopback whoever sends pays for receiving, and there is no device: other costs altogether.
  if (const bool over_hosts = ran_over_hosts(a.record); over_hosts != ran_over_hosts(b.record)) {
    throw WrongUsage(fmt::format("A ran {} and B {}: no table has both",
                                 over_hosts ? "over hosts" : "on one machine",
                                 over_hosts ? "on one machine" : "over hosts"));
  }
  const auto of_a = trials_by_cell(a);
  const auto of_b = trials_by_cell(b);
  RunComparison result{a.folder, b.folder, fingerprint_differences(a.record, b.record),
                       {},       names_of_others(of_a, of_b), names_of_others(of_b, of_a)};
  for (const auto& [key, trials] : of_a) {
    if (const auto other = of_b.find(key); other != of_b.end()) {
      result.cells.push_back(compared_cell(key, trials, other->second,
                                           figure_of(a.cells.at(key).factors),
                                           contradiction(a.cells.at(key), b.cells.at(key))));
    }
  }
  for (const auto& [name, run, cells] : {std::tuple("A", &a, &of_a), {"B", &b, &of_b}}) {
    if (run->has_ended == false) {
      result.unended.push_back(fmt::format("{} did not end: {} of arms and ceilings until now",
                                           name, counted(number_of_trials(*cells), "trial")));
    }
  }
  result.are_known = has_fingerprint(a.record) && has_fingerprint(b.record);
  if (result.cells.empty()) {
    throw WrongUsage(fmt::format(
        "no cell is in both runs: A has {} such as {}, B has {} such as {}",
        counted(of_a.size(), "cell"), result.only_a.front(), counted(of_b.size(), "cell"),
        result.only_b.front()));
  }
  std::stable_sort(result.cells.begin(), result.cells.end(),
                   [&a](const CellComparison& one, const CellComparison& other) {
                     return threads_of(a, one) < threads_of(a, other);
                   });
  return result;
}

}  // namespace coresweep
