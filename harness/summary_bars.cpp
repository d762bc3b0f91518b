#include "harness/summary_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/block_ratio.hpp"
#include "harness/capacity_lines.hpp"
#include "harness/paired_figures.hpp"
#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kMostBars = 30;
constexpr std::size_t kShortestName = 12;
constexpr std::size_t kShortestBar = 10;

/// Under which one load and conditions the bars are.
struct BarPlace {
  LoadPoint load;
  Conditions conditions;

  [[nodiscard]] bool is_of(const Cell& cell) const {
    return cell.role == Role::kArm && cell.load_point() == load && cell.conditions == conditions;
  }
};

BarPlace place_of(const Plan& plan) {
  if (plan.headline) {
    return {plan.headline->load, plan.headline->conditions};
  }
  return {loads_of(plan.load).front(), conditions_of(plan.conditions).front()};
}

std::string bar_name(const Plan& plan, const Arm& arm) {
  std::string name = arm.architecture;
  if (plan.engines.size() > 1 && !arm.is_peer()) {
    name += "/" + arm.engine;
  }
  if (plan.http2.size() > 1 && !arm.is_peer()) {
    name += "/" + arm.http2;
  }
  return name;
}

std::string place_words(const Plan& plan, const BarPlace& place) {
  LoadPoint load = place.load;
  if (plan.capacity_p99) {
    load.shape = {};  // its rate is what was searched for
  }
  const std::string conditions = conditions_name(place.conditions);
  return fmt::format("{}{}{}", load_words(load), conditions.empty() ? "" : ", ", conditions);
}

/// What the bar of a cell is made of.
struct BarTrials {
  PairedFigures valid;   ///< figures of the valid ones
  PairedFigures others;  ///< and of the others
  std::size_t count = 0;
  std::size_t valid_count = 0;
  VerdictCounts verdicts;
};

BarTrials trials_of_bar(const Cell& cell, std::size_t index,
                        const std::vector<Outcome>& counting) {
  BarTrials trials;
  for (const Outcome& outcome : counting) {
    if (outcome.cell != index) {
      continue;
    }
    ++trials.count;
    trials.valid_count += outcome.is_valid() ? 1U : 0U;
    if (const auto figure = compared_figure(outcome, cell)) {
      (outcome.is_valid() ? trials.valid : trials.others).add(*figure, outcome.pair);
    }
    for (const std::string& verdict : outcome.verdicts) {
      ++trials.verdicts[verdict];
    }
  }
  return trials;
}

// A median is drawn where the headline would take these trials: no other is beside it.
SummaryBar bar_of_trials(const Plan& plan, const Cell& cell, std::size_t index,
                         const std::vector<Outcome>& counting) {
  const BarTrials trials = trials_of_bar(cell, index, counting);
  SummaryBar bar{cell.arm(), bar_name(plan, cell.arm()), cell.threads, 0, "(not run)", false};
  const auto text = cell.load.is_open() ? spoken_latency : with_thousands;
  if (trials.count == 0) {
    return bar;
  }
  if (trials.valid_count == 0) {
    bar.label = trials.others.empty() ? "(not valid)"
                                      : fmt::format("{} (not valid)", text(trials.others.median()));
  } else if (is_refused(trials.verdicts, trials.valid_count, trials.count)) {
    bar.label = fmt::format("({} of {} valid)", trials.valid_count, trials.count);
  } else if (trials.valid.size() < trials.valid_count) {
    bar.label = fmt::format("({})", kP99NotKnown);
  } else {
    bar.value = trials.valid.median();
    bar.label = text(bar.value);
    bar.is_drawn = true;
  }
  return bar;
}

bool is_of_headline(const SummaryBar& bar, const Headline& headline) {
  return bar.arm == headline.over() || bar.arm == headline.under();
}

// The same thread counts for all arms, the first and the last among them.
void thin_out(std::vector<SummaryBar>& bars) {
  std::vector<int> counts;
  for (const SummaryBar& bar : bars) {
    if (counts.empty() || counts.back() != bar.threads) {
      counts.push_back(bar.threads);
    }
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  const std::size_t arms = (bars.size() + counts.size() - 1) / counts.size();
  const std::size_t most = std::max<std::size_t>(1, kMostBars / arms);
  std::vector<int> kept;
  for (std::size_t i = 0; i < most; ++i) {  // fewer than there are counts, or one
    const std::size_t last = counts.size() - 1;
    kept.push_back(counts[most == 1 ? last : i * last / (most - 1)]);
  }
  std::erase_if(bars, [&kept](const SummaryBar& bar) {
    return !std::binary_search(kept.begin(), kept.end(), bar.threads);
  });
  bars.resize(std::min(bars.size(), kMostBars));
}

std::string bar_text(double share, std::size_t columns, Letters letters) {
  if (letters == Letters::kAscii) {
    return std::string(static_cast<std::size_t>(std::lround(share * static_cast<double>(columns))),
                       '#');
  }
  constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths =
      static_cast<std::size_t>(std::lround(share * 8 * static_cast<double>(columns)));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    text += "█";
  }
  return text + kEighths[eighths % 8];
}

/// How the columns of a line are divided.
struct BarColumns {
  std::size_t line;
  std::size_t threads = 0;
  std::size_t name = 0;
  std::size_t bar = 0;
};

std::string threads_text(const SummaryBar& bar) { return counted(bar.threads, "thread"); }

BarColumns columns_of(const std::vector<SummaryBar>& bars, std::size_t width) {
  BarColumns columns{width};
  std::size_t label = 0;
  for (const SummaryBar& bar : bars) {
    columns.threads = std::max(columns.threads, threads_text(bar).size());
    columns.name = std::max(columns.name, bar.name.size());
    label = std::max(label, bar.is_drawn ? bar.label.size() : 0);
  }
  constexpr std::size_t kGaps = 5;  // two, two and one
  const std::size_t others = columns.threads + label + kGaps;
  const std::size_t left = width > others ? width - others : 0;
  if (left < columns.name + kShortestBar) {
    columns.name =
        std::min(columns.name, std::max(kShortestName, left - std::min(left, kShortestBar)));
  }
  columns.bar = left - std::min(left, columns.name);
  return columns;
}

// A terminal that is as narrow as that gets the beginning: a line that wraps is no bar any more.
std::string cut_off(std::string line, std::size_t columns) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
    if (begins && ++used > columns) {
      line.resize(i);
      break;
    }
  }
  return line;
}

// On as few lines as it needs, cut between words.
std::vector<std::string> broken(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (rest.size() > columns && rest.rfind(' ', columns) != std::string::npos) {
    const std::size_t end = rest.rfind(' ', columns);
    lines.push_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  lines.push_back(cut_off(rest, columns));
  return lines;
}

std::string fitted(const std::string& name, std::size_t columns) {
  return name.size() <= columns ? name : name.substr(0, columns - 2) + "..";
}

std::string bar_line(const SummaryBar& bar, const std::string& threads, double highest,
                     const BarColumns& columns, Letters letters) {
  const double share =
      bar.is_drawn && highest > 0 ? std::clamp(bar.value / highest, 0.0, 1.0) : 0;
  const std::string drawn = bar_text(share, columns.bar, letters);
  return cut_off(fmt::format("{:>{}}  {:<{}}  {}{}{}", threads, columns.threads,
                             fitted(bar.name, columns.name), columns.name, drawn,
                             drawn.empty() ? "" : " ", bar.label),
                 columns.line);
}

}  // namespace

SummaryBars bars_of_trials(const Plan& plan, const std::vector<Cell>& cells,
                           const std::vector<Outcome>& outcomes) {
  const BarPlace place = place_of(plan);
  const std::vector<Outcome> counting = last_attempts(outcomes);
  SummaryBars chart{fmt::format("{} by threads, median of the valid trials ({}):",
                                plan.load.is_open() ? "p99 from due (shorter is sooner)"
                                                    : "requests/s",
                                place_words(plan, place)),
                    {}};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (place.is_of(cells[i])) {
      chart.bars.push_back(bar_of_trials(plan, cells[i], i, counting));
    }
  }
  return chart;
}

SummaryBars bars_of_capacities(const Plan& plan,
                               const std::vector<std::vector<CapacityPhase::Found>>& blocks) {
  const BarPlace place = place_of(plan);
  SummaryBars chart{
      fmt::format("requests/s held with a p99 from due of at most {}, median of the blocks ({}):",
                  format_duration(*plan.capacity_p99), place_words(plan, place)),
      {}};
  for (std::size_t i = 0; !blocks.empty() && i < blocks.front().size(); ++i) {
    const Cell& cell = blocks.front()[i].cell;
    if (!place.is_of(cell)) {
      continue;
    }
    const HeldOverBlocks over = held_over_blocks(blocks, i);
    SummaryBar bar{cell.arm(), bar_name(plan, cell.arm()), cell.threads, 0, "(not known)", false};
    if (over.held) {
      bar.value = over.held->median;
      bar.label = with_thousands(bar.value) + (over.is_bound ? " or more" : "");
      bar.is_drawn = true;
    }
    chart.bars.push_back(bar);
  }
  return chart;
}

std::vector<std::string> bar_lines(const SummaryBars& chart,
                                   const std::optional<Headline>& headline,
                                   const TextSpace& space) {
  std::vector<SummaryBar> bars = chart.bars;
  std::stable_sort(bars.begin(), bars.end(), [](const SummaryBar& one, const SummaryBar& other) {
    return one.threads < other.threads;
  });
  const auto is_the_headlines = [&headline](const SummaryBar& bar) {
    return headline && is_of_headline(bar, *headline);
  };
  // Its arms may be skipped on this machine: the others are what there is, then.
  if (bars.size() > kMostBars && std::any_of(bars.begin(), bars.end(), is_the_headlines)) {
    std::erase_if(bars, [&](const SummaryBar& bar) { return !is_the_headlines(bar); });
  }
  if (bars.size() > kMostBars) {
    thin_out(bars);
  }
  if (bars.empty()) {
    return {};
  }
  double highest = 0;
  for (const SummaryBar& bar : bars) {
    highest = std::max(highest, bar.is_drawn ? bar.value : 0);
  }
  const std::size_t width = space.columns - std::min<std::size_t>(space.columns, 1);
  const BarColumns columns = columns_of(bars, width);
  std::vector<std::string> lines = broken(chart.heading, width);
  int threads = 0;
  for (const SummaryBar& bar : bars) {
    lines.push_back(bar_line(bar, bar.threads == threads ? std::string() : threads_text(bar),
                             highest, columns, space.letters));
    threads = bar.threads;
  }
  if (bars.size() < chart.bars.size()) {
    lines.push_back(
        cut_off(fmt::format("({} of {} bars)", bars.size(), chart.bars.size()), width));
  }
  return lines;
}

}  // namespace coresweep
