// What a results folder holds: its runs, each in a few words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/statistics.hpp"
#include "harness/stored_ratio.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// One folder: a run, or why it is none.
struct ListedRun {
  std::string name;        ///< of its folder
  std::string why_broken;  ///< empty for a run
  std::string started_at;
  std::string plan;      ///< the plan file's name
  std::string question;  ///< whole
  std::string machine;   ///< the server's: CPU model and how many CPUs, and which hosts beside it
  std::string where;     ///< "on one machine", "over 5 hosts", "over 12 pairs of hosts"
  std::size_t stored = 0;
  std::optional<std::size_t> planned;
  bool has_searched = false;  ///< for a rate: as many trials as it took, and `planned` was a guess
  std::size_t judged = 0;  ///< of arms and ceilings: of twins, controls and searches no result is
  std::size_t valid = 0;   ///< of these
  VerdictCounts verdicts;  ///< of these: what the cell's CPUs or twins made known, and the rest
  std::string headline;    ///< in words: the ratio, or why there is none
  std::optional<ComparedFigure> figure;  ///< which the ratio is of
  std::optional<MedianInterval> ratio;
  std::string capacity_p99;  ///< of a search for capacity, which has no ratio here; else empty

  std::optional<bool> has_ended;  ///< as the run itself says; not known of version 1

  [[nodiscard]] bool is_complete() const {
    return has_ended.value_or(planned && stored >= *planned);
  }
};

/// Every folder in `results`, the newest run first, what is no run last. Throws WrongUsage where
/// `results` is no folder that can be read.
[[nodiscard]] std::vector<ListedRun> list_runs(const std::string& results);

[[nodiscard]] std::vector<std::string> list_lines(const std::vector<ListedRun>& runs);

[[nodiscard]] Json to_json(const std::vector<ListedRun>& runs);

}  // namespace coresweep
