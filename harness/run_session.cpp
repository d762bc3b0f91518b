#include "harness/run_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "harness/capacity_lines.hpp"
#include "harness/drawing.hpp"
#include "harness/end_record.hpp"
#include "harness/explained_headline.hpp"
#include "harness/failure.hpp"
#include "harness/headline.hpp"
#include "harness/pair_lines.hpp"
#include "harness/summary.hpp"
#include "harness/summary_bars.hpp"
#include "harness/text_space.hpp"
#include "harness/utc_time.hpp"
#include "harness/wording.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

std::string kept(const Schedule& schedule, const ResultStore& store) {
  const std::size_t kept = schedule.outcomes().size();
  return fmt::format("{} of {} trials kept in {}", kept, kept + schedule.trials_left().count(),
                     store.folder());
}

std::map<std::string, int> notes_of(const std::vector<Outcome>& outcomes) {
  std::map<std::string, int> counts;
  for (const Outcome& outcome : outcomes) {
    for (const std::string& note : outcome.notes) {
      ++counts[note];
    }
  }
  return counts;
}

// What the sweep found, beside the table of its trials.
std::vector<std::string> answer_lines(const Sweep& sweep, const Session& session,
                                      const Schedule& schedule) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::vector<std::string>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
  };
  if (sweep.plan.capacity_p99) {
    add(capacity_lines(sweep.plan, schedule.capacities()));
  } else {
    for (const Sensitivity& found : schedule.found_by_twins()) {
      lines.push_back(found.text());
    }
    Plan plan = sweep.plan;
    plan.blocks = schedule.blocks();
    add(headline_lines(plan, schedule.cells(), schedule.outcomes(), shared_division(sweep)));
    add(pair_lines(plan, schedule.cells(), schedule.outcomes()));
    add(schedule.remarks());
  }
  for (const Peer& peer : sweep.plan.peers) {
    if (!peer.left_out.empty()) {
      lines.push_back(fmt::format("left out: peer {}: {}", peer.name, peer.left_out));
    }
  }
  add(session.remarks);
  for (const auto& [note, trials] : notes_of(last_attempts(schedule.outcomes()))) {
    lines.push_back(fmt::format("note: {} ({})", note, counted(trials, "trial")));
  }
  return lines;
}

void print_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    fmt::print("{}\n", line);
  }
}

std::vector<std::string> bars_of(const Sweep& sweep, const Schedule& schedule) {
  const SummaryBars chart =
      sweep.plan.capacity_p99
          ? bars_of_capacities(sweep.plan, schedule.capacities())
          : bars_of_trials(sweep.plan, schedule.cells(), schedule.outcomes());
  return bar_lines(chart, sweep.plan.headline, text_space_of_stdout());
}

// Names of charts, of which the first that was drawn answers the sweep's question at a glance.
std::vector<std::string> charts_to_name(const Plan& plan) {
  if (plan.capacity_p99) {
    return {"capacity_by_cores.png"};
  }
  // Every arm answers what it is offered: how soon is the question.
  if (plan.load.is_open()) {
    return {"latency_by_rate.png", "latency_distribution.png"};
  }
  return {plan.load.mode == Mode::churn ? "churn.png" : "throughput_by_cores.png"};
}

// Six times what 2,000 trials take on one core, which are 20 s, and never less than they get.
std::chrono::seconds most_for_drawing(std::size_t trials) {
  constexpr std::chrono::seconds kLeast{120};
  constexpr std::chrono::milliseconds kMostForATrial{60};
  return std::max(kLeast, std::chrono::ceil<std::chrono::seconds>(trials * kMostForATrial));
}

// That chart, and the report that has all of them. The exit code.
int draw_run(const std::string& python, const Sweep& sweep, const Schedule& schedule,
             const ResultStore& store, const StopSignals& signals) {
  const std::string& folder = store.folder();
  Drawn drawn;
  try {
    const auto most = most_for_drawing(schedule.outcomes().size());
    drawn = draw_report(folder, explained_headline(folder),
                        {.python = python, .most = most}, signals);
  } catch (const Interrupted& interrupted) {
    print_error("coresweep",
                fmt::format("interrupted while drawing: coresweep report {} draws it", folder));
    return 128 + interrupted.signal;
  }
  print_shortfalls(drawn);
  if (!drawn.complaint.empty()) {
    const std::string again = "coresweep report " + folder;
    const bool is_told = drawn.complaint.find(again) != std::string::npos;
    print_error("coresweep",
                fmt::format("no chart and no report: {}{}{}", drawn.complaint,
                            is_told ? "" : "; again: ", is_told ? "" : again));
    return kExitFailed;
  }
  const auto beside = std::filesystem::path(drawn.report).parent_path();
  const std::vector<std::string> charts = charts_to_name(sweep.plan);
  const auto chart = std::find_if(charts.begin(), charts.end(), [&beside](const auto& name) {
    std::error_code none;
    return std::filesystem::is_regular_file(beside / name, none);
  });
  if (chart != charts.end()) {
    fmt::print("chart: {}\n", (beside / *chart).string());
  } else {
    fmt::print("no chart {}: the report says why\n", charts.front());
  }
  fmt::print("report: {}\n", drawn.report);
  return drawn.exit_code;
}

int finish(const RunDrawing& drawing, const Sweep& sweep, const Schedule& schedule,
           const std::vector<std::string>& answer, const ResultStore& store,
           const StopSignals& signals) {
  const std::vector<Outcome>& outcomes = schedule.outcomes();
  if (!sweep.plan.capacity_p99) {
    print_lines(summary_table(schedule.cells(), outcomes));
    fmt::print("\n");
  }
  if (const auto bars = bars_of(sweep, schedule); !bars.empty()) {
    print_lines(bars);
    fmt::print("\n");
  }
  print_lines(answer);
  fmt::print("run: {}\n", store.folder());
  std::fflush(stdout);  // what follows may take many seconds, or fail
  if (!drawing.is_wanted) {
    fmt::print("no report: coresweep report {} makes it\n", store.folder());
  }
  const int drawn =
      drawing.is_wanted ? draw_run(drawing.python, sweep, schedule, store, signals) : kExitDone;
  const auto has_failed = [](const Outcome& outcome) {
    return !outcome.is_lost() &&
           std::count(outcome.verdicts.begin(), outcome.verdicts.end(), kFailed) > 0;
  };
  const auto failed = std::count_if(outcomes.begin(), outcomes.end(), has_failed);
  if (failed > 0) {
    print_error("coresweep",
                fmt::format("{} of {} trials failed: why is in {}/trials.jsonl, in verdict_details",
                            failed, outcomes.size(), store.folder()));
  }
  return drawn == kExitDone && failed > 0 ? kExitFailed : drawn;
}

struct Tracing {
  std::string complaint;  ///< what ended it; empty when all cells are traced
  int exit_code = kExitDone;
};

// Whatever ends it, what the timed trials answered is whole and is still to be told.
Tracing trace_cells(const Sweep& sweep, const Session& session, const Schedule& schedule,
                    const StopSignals& signals, ResultStore& store) {
  try {
    run_traces(sweep, schedule.cells(), session.traced, signals, store);
    return {};
  } catch (const Failure& failure) {
    return {failure.what(), kExitFailed};
  } catch (const Interrupted& interrupted) {
    return {"interrupted", 128 + interrupted.signal};
  }
}

}  // namespace

void add_drawing_flags(CLI::App& command, RunDrawing& drawing) {
  command.add_option("--python", drawing.python, "python3 that has matplotlib, to draw the run")
      ->capture_default_str();
  command.add_flag("!--no-report", drawing.is_wanted,
                   "draw nothing at the end: coresweep report does, at any time");
}

int run_session(const Sweep& sweep, const Session& session, const StopSignals& signals,
                ResultStore& store, Schedule& schedule) {
  const auto and_go_on = [&store] {
    return fmt::format("; go on: coresweep resume {}", store.folder());
  };
  try {
    run_trials(sweep, session.seed, session.number, session.run, store, schedule);
    const Tracing tracing = trace_cells(sweep, session, schedule, signals, store);
    if (sweep.hosts) {
      sweep.hosts->close();  // nobody beats while the run is drawn
    }
    const std::vector<std::string> answer = answer_lines(sweep, session, schedule);
    if (tracing.complaint.empty() && !store.has_end()) {
      store.write_end(
          end_record(schedule, answer, utc_time(std::chrono::system_clock::now())));
    }
    RunDrawing drawing = session.drawing;
    drawing.is_wanted = drawing.is_wanted && tracing.exit_code <= kExitFailed;  // nobody waits
    const int exit_code = finish(drawing, sweep, schedule, answer, store, signals);
    if (!tracing.complaint.empty()) {
      print_error("coresweep", fmt::format("{} while tracing; {}{}", tracing.complaint,
                                           kept(schedule, store), and_go_on()));
    }
    return std::max(exit_code, tracing.exit_code);
  } catch (const Failure& failure) {
    throw Failure(
        fmt::format("{}; {}{}", failure.what(), kept(schedule, store), and_go_on()));
  } catch (const Interrupted& interrupted) {
    const std::string draw = schedule.outcomes().empty()
                                 ? ""
                                 : fmt::format("; draw them: coresweep report {}", store.folder());
    print_error("coresweep", fmt::format("interrupted: {}{}{}", kept(schedule, store), draw,
                                         and_go_on()));
    return 128 + interrupted.signal;
  }
}

}  // namespace coresweep
