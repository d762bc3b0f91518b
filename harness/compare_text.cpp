// A comparison in words, and as JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/compare.hpp"
#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

// Of the trials that are left none where they were selected: the median, too, would be the best's.
std::optional<double> told_median(const CellTrials& cell) {
  return cell.figures.empty() || cell.is_refused() ? std::nullopt
                                                   : std::optional(cell.figures.median());
}

std::string median_words(const CellTrials& cell, ComparedFigure figure) {
  const auto middle = told_median(cell);
  if (!middle) {
    return "-";
  }
  return figure == ComparedFigure::kLatency ? "p99 " + spoken_latency(*middle)
                                            : with_thousands(*middle) + "/s";
}

std::string spoken_ratio(const CellComparison& cell) {
  if (!cell.ratio) {
    return "no ratio: " + cell.why_none;
  }
  const RatioInterval& ratio = *cell.ratio;
  const std::string figures =
      fmt::format("{:.3f}x ({:.3f}-{:.3f}", ratio.ratio, ratio.low, ratio.high);
  switch (ratio.kind) {
    case Coverage::kNone:
      return fmt::format("{}, a range: too few valid trials for an interval)", figures);
    case Coverage::kApproximate:
      return fmt::format("{}, {:.1f} %, by the normal distribution){}", figures,
                         100 * ratio.coverage, ratio.is_shown() ? "" : ": no difference shown");
    case Coverage::kExact:
      break;
  }
  return fmt::format("{}, {:.1f} %){}", figures, 100 * ratio.coverage,
                     ratio.is_shown() ? "" : ": no difference shown");
}

struct Multiplicity {
  std::size_t intervals = 0;
  std::size_t shown = 0;
  double by_chance = 0;  ///< so many would be shown if nothing differed
};

Multiplicity multiplicity_of(const RunComparison& comparison) {
  Multiplicity result;
  for (const CellComparison& cell : comparison.cells) {
    if (cell.ratio && cell.ratio->is_interval()) {
      ++result.intervals;
      result.shown += cell.ratio->is_shown() ? 1U : 0U;
      result.by_chance += 1 - cell.ratio->coverage;
    }
  }
  return result;
}

void add_differences(const RunComparison& comparison, Meaning meaning, const char* heading,
                     std::vector<std::string>& lines) {
  bool is_first = true;
  for (const FieldDifference& difference : comparison.differences) {
    if (difference.meaning == meaning) {
      if (is_first) {
        lines.emplace_back(heading);
      }
      is_first = false;
      lines.push_back("  " + difference_text(difference));
    }
  }
}

void add_compared_cells(const RunComparison& comparison, std::vector<std::string>& lines) {
  std::size_t width = 4;
  for (const CellComparison& cell : comparison.cells) {
    width = std::max(width, spoken_cell(cell.role, cell.cell).size());
  }
  lines.push_back(fmt::format("{:<{}}  {:>12}  {:>9}  {:>12}  {:>9}  {}", "cell", width,
                              "A median", "valid", "B median", "valid", "B / A"));
  for (const CellComparison& cell : comparison.cells) {
    const auto valid_words = [](const CellTrials& trials) {
      return fmt::format("{} of {}", trials.valid, trials.trials);
    };
    lines.push_back(fmt::format("{:<{}}  {:>12}  {:>9}  {:>12}  {:>9}  {}",
                                spoken_cell(cell.role, cell.cell), width,
                                median_words(cell.a, cell.figure), valid_words(cell.a),
                                median_words(cell.b, cell.figure), valid_words(cell.b),
                                spoken_ratio(cell)));
  }
}

Json compared_json(const CellTrials& cell) {
  const auto middle = told_median(cell);
  return {{"trials", cell.trials},
          {"valid", cell.valid},
          {"verdicts", cell.verdicts},
          {"median", middle ? Json(*middle) : Json()}};
}

Json compared_json(const CellComparison& cell) {
  Json json = {{"role", cell.role},
               {"cell", cell.cell},
               {"figure", stored_name(cell.figure)},
               {"a", compared_json(cell.a)},
               {"b", compared_json(cell.b)},
               {"ratio", nullptr},
               {"low", nullptr},
               {"high", nullptr},
               {"coverage", nullptr},
               {"coverage_is", nullptr},
               {"difference_shown", false},
               {"why_no_ratio", nullptr}};
  if (!cell.ratio) {
    json["why_no_ratio"] = cell.why_none;
    return json;
  }
  json["ratio"] = cell.ratio->ratio;
  json["low"] = cell.ratio->low;
  json["high"] = cell.ratio->high;
  if (cell.ratio->is_interval()) {
    json["coverage"] = cell.ratio->coverage;
    json["coverage_is"] = cell.ratio->kind == Coverage::kExact ? "exact" : "approximate";
    json["difference_shown"] = cell.ratio->is_shown();
  }
  return json;
}

const char* json_word(Meaning meaning) {
  return meaning == Meaning::kSubject   ? "subject"
         : meaning == Meaning::kContext ? "context"
                                        : "confounds";
}

}  // namespace

std::string difference_text(const FieldDifference& difference) {
  // Of a checksum or a revision nobody reads more.
  constexpr std::size_t kShortest = 40;
  constexpr std::size_t kRead = 12;
  const auto brief = [](const std::string& value) {
    const bool is_digest =
        value.size() >= kShortest &&
        value.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_digest ? value.substr(0, kRead) : value;
  };
  return fmt::format("{}: {} against {}", difference.field, brief(difference.a),
                     brief(difference.b));
}

std::vector<std::string> comparison_lines(const RunComparison& comparison) {
  std::vector<std::string> lines{"A: " + comparison.folder_a, "B: " + comparison.folder_b};
  add_differences(comparison, Meaning::kConfounds,
                  "NOT A COMPARISON OF CODE: what the runs were measured on or with differs too, "
                  "and a ratio below may be due to any of it:",
                  lines);
  add_differences(comparison, Meaning::kSubject, "what differs and is compared, A against B:",
                  lines);
  add_differences(comparison, Meaning::kContext, "what differs beside that:", lines);
  lines.insert(lines.end(), comparison.unended.begin(), comparison.unended.end());
  if (comparison.differences.empty() && comparison.unended.empty() && comparison.are_known) {
    lines.emplace_back("the same code on the same machine: what differs below is chance, or time");
  }
  lines.emplace_back();
  add_compared_cells(comparison, lines);
  lines.emplace_back();
  for (const auto& [name, only] : {std::pair("A", &comparison.only_a), {"B", &comparison.only_b}}) {
    if (!only->empty()) {
      lines.push_back(fmt::format("only in {}: {}", name, fmt::join(*only, ", ")));
    }
  }
  const Multiplicity multiplicity = multiplicity_of(comparison);
  if (multiplicity.intervals > 0) {
    lines.push_back(fmt::format(
        "a difference is shown by {} of {}; were there none anywhere, {:.2f} would show one by "
        "chance alone",
        multiplicity.shown, counted(multiplicity.intervals, "interval"), multiplicity.by_chance));
  }
  lines.emplace_back(
      "B / A is the median of the ratios of each valid trial of B to each of A, which need not be "
      "the ratio of the medians.");
  lines.emplace_back(
      "An interval holds the spread within both runs. The time between them is in none: what the "
      "machine did else then counts as a difference of the runs.");
  return lines;
}

Json to_json(const RunComparison& comparison) {
  Json json = {{"a", comparison.folder_a}, {"b", comparison.folder_b}};
  json["differences"] = Json::array();
  for (const FieldDifference& difference : comparison.differences) {
    json["differences"].push_back({{"field", difference.field},
                                   {"a", difference.a},
                                   {"b", difference.b},
                                   {"meaning", json_word(difference.meaning)}});
  }
  json["did_not_end"] = comparison.unended;
  json["cells"] = Json::array();
  for (const CellComparison& cell : comparison.cells) {
    json["cells"].push_back(compared_json(cell));
  }
  json["only_a"] = comparison.only_a;
  json["only_b"] = comparison.only_b;
  const Multiplicity multiplicity = multiplicity_of(comparison);
  json["intervals"] = multiplicity.intervals;
  json["differences_shown"] = multiplicity.shown;
  json["differences_shown_by_chance"] = multiplicity.by_chance;
  return json;
}

}  // namespace coresweep
