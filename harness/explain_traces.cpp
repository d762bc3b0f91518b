// What the traced trials counted. They are one trial a cell, so nothing here has an interval.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "harness/explain.hpp"
#include "harness/statistics.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr double kLeastCalls = 0.001;  // a request: below it a call is as good as never made
constexpr std::size_t kMostNames = 8;

struct TracePart {
  const char* part;   ///< of the trace's line
  const char* whole;  ///< what it counts
};

constexpr TracePart kSyscalls{"syscalls", "syscalls and futex calls"};
constexpr TracePart kLocks{"locks", "waits for the kernel's locks"};

const StoredLine* trace_of(const StoredRun& run, const Arm& arm, int threads) {
  for (const StoredLine& trace : run.traces) {
    if (trace.arm == arm && trace.threads == threads) {
      return &trace;
    }
  }
  return nullptr;
}

std::string text_or(const StoredLine& line, const std::string& path, const std::string& otherwise) {
  const Json::json_pointer pointer(path);
  return line.json.contains(pointer) && line.json.at(pointer).is_string()
             ? line.json.at(pointer).get<std::string>()
             : otherwise;
}

// Why there is no figure; empty when there is one.
std::string why_none(const StoredRun& run, const StoredLine* trace, const TracePart& names) {
  if (trace == nullptr) {
    return run.traces_planned ? "no traced trial at that thread count"
                              : "no traced trial: the plan has no \"trace\"";
  }
  const std::string part = fmt::format("/{}", names.part);
  return number_at(*trace, part + "/total_per_request")
             ? ""
             : text_or(*trace, part + "/why", "no reason");
}

std::string calls(double value) {
  return value > 0 && value < kLeastCalls ? fmt::format("under {}", kLeastCalls)
                                          : significant(value);
}

// Of two that are as good as none there is no ratio.
std::string ratio(double arm, double against) {
  if (arm < kLeastCalls && against < kLeastCalls) {
    return {};
  }
  const char* bound = arm < kLeastCalls ? "under " : against < kLeastCalls ? "over " : "";
  return fmt::format(" ({}{}x)", bound,
                     significant(std::max(arm, kLeastCalls) / std::max(against, kLeastCalls)));
}

// By name, for both: the frequent ones first.
std::string by_name(const StoredLine& arm, const StoredLine& against) {
  struct Sides {
    std::optional<double> arm;
    std::optional<double> against;
  };
  std::map<std::string, Sides> names;
  const auto add = [&names](const StoredLine& line, std::optional<double> Sides::* side) {
    const Json::json_pointer path("/syscalls/by_name");
    const auto requests = number_at(line, "/syscalls/requests");
    if (!line.json.contains(path) || !requests || *requests == 0) {
      return;
    }
    for (const auto& [name, count] : line.json.at(path).items()) {
      names[name].*side = number_at(line, "/syscalls/by_name/" + name).value_or(0) / *requests;
    }
  };
  add(arm, &Sides::arm);
  add(against, &Sides::against);
  // strace has a row for every call that was made, perf one for every call that it can count.
  const auto text = [](const std::optional<double>& figure, const StoredLine& line) {
    const bool is_zero = text_or(line, "/syscalls/tool", "") == "strace -f -c";
    return figure ? calls(*figure) : std::string(is_zero ? "0" : "an unknown number");
  };
  std::vector<std::pair<double, std::string>> texts;
  for (const auto& [name, figures] : names) {
    const double most = std::max(figures.arm.value_or(0), figures.against.value_or(0));
    if (most >= kLeastCalls) {
      texts.emplace_back(most, fmt::format("{} {} against {}", name, text(figures.arm, arm),
                                           text(figures.against, against)));
    }
  }
  std::stable_sort(texts.begin(), texts.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(texts.size(), kMostNames); ++i) {
    parts.push_back(texts[i].second);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// What is left of the throughput: counts a request may depend on it, by larger batches.
std::optional<double> share_left(const StoredRun& run, const StoredLine& trace, const char* part) {
  std::vector<double> untraced;
  for (const StoredTrial& trial : run.trials) {
    if (trial.arm == trace.arm && trial.threads == trace.threads && trial.is_valid()) {
      untraced.push_back(*trial.throughput_per_s);
    }
  }
  const auto traced = number_at(trace, fmt::format("/{}/throughput_per_s", part));
  return traced && !untraced.empty() ? std::optional(*traced / median(untraced)) : std::nullopt;
}

std::string slowed(const StoredRun& run, const StoredLine& arm, const StoredLine& against,
                   const char* part) {
  const auto ours = share_left(run, arm, part);
  const auto theirs = share_left(run, against, part);
  return ours && theirs ? fmt::format(", at {:.0f} % and {:.0f} % of the untraced throughput",
                                      100 * *ours, 100 * *theirs)
                        : std::string();
}

struct Counted {
  const char* key;
  const char* name;
};

void add_part(const StoredRun& run, const ComparedArms& arms, const TracePart& names,
              std::vector<Counted> counted, std::vector<std::string>& lines) {
  const StoredLine* arm = trace_of(run, arms.arm, arms.threads);
  const StoredLine* against = trace_of(run, arms.against, arms.threads);
  const std::string why = why_none(run, arm, names);
  const std::string why_against = why_none(run, against, names);
  if (!why.empty() || !why_against.empty()) {
    const bool both = why == why_against;
    lines.push_back(
        fmt::format("not measured{}: {} ({})",
                    both ? "" : " of " + (why.empty() ? arms.against : arms.arm).architecture,
                    names.whole, why.empty() ? why_against : why));
    if (!both && !why.empty() && !why_against.empty()) {
      lines.push_back(fmt::format("not measured of {}: {} ({})", arms.against.architecture,
                                  names.whole, why_against));
    }
    return;
  }
  lines.push_back(fmt::format("traced with {} in one trial each, so without an interval{}:",
                              text_or(*arm, fmt::format("/{}/tool", names.part), "?"),
                              slowed(run, *arm, *against, names.part)));
  const auto known = [&names](const StoredLine* line, const Counted& what) {
    return number_at(*line, fmt::format("/{}/{}", names.part, what.key));
  };
  const auto missing = std::stable_partition(
      counted.begin(), counted.end(), [&known, arm, against](const Counted& what) {
        return known(arm, what) && known(against, what);
      });
  std::vector<std::string> not_measured;
  for (auto what = missing; what != counted.end(); ++what) {
    const bool of_one = known(arm, *what) || known(against, *what);
    const auto& without = known(arm, *what) ? arms.against : arms.arm;
    not_measured.push_back(
        fmt::format("not measured{}: {} (the tracer does not know them here)",
                    of_one ? " of " + without.architecture : "", what->name));
  }
  counted.erase(missing, counted.end());
  const auto figure = [&known](const StoredLine* line, const Counted& what) {
    return *known(line, what);
  };
  for (const Counted& what : counted) {
    const double ours = figure(arm, what);
    const double theirs = figure(against, what);
    lines.push_back(fmt::format("  {}: {} {} against {}{}", arms.arm.architecture, calls(ours),
                                what.name, calls(theirs), ratio(ours, theirs)));
  }
  if (const std::string text = by_name(*arm, *against);
      names.part == kSyscalls.part && !text.empty()) {
    lines.push_back(fmt::format("  syscalls a request by name: {}", text));
  }
  lines.insert(lines.end(), not_measured.begin(), not_measured.end());
}

}  // namespace

std::vector<std::string> explain_traces(const StoredRun& run, const ComparedArms& arms) {
  std::vector<std::string> lines;
  add_part(
      run, arms, kSyscalls,
      {{"total_per_request", "syscalls a request"}, {"futex_per_request", "futex calls a request"}},
      lines);
  add_part(run, arms, kLocks,
           {{"total_per_request", "waits for the kernel's locks a request"},
            {"epoll_per_request", "waits for an epoll set's locks a request"}},
           lines);
  return lines;
}

}  // namespace coresweep
