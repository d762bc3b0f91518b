#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <memory>

#include "harness/commands.hpp"
#include "harness/compare.hpp"
#include "harness/drawing.hpp"
#include "harness/failure.hpp"
#include "harness/wording.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

struct CompareOptions {
  std::string a;
  std::string b;
  bool despite_differences = false;
  bool as_json = false;
  bool as_html = false;
  DrawOptions drawing{.python = "/usr/bin/python3"};
};

StoredRun figures_of(const std::string& folder) {
  StoredRun run = read_run_figures(folder);
  for (const std::string& where : run.dropped) {
    print_error("coresweep", where + ": torn last line dropped");
  }
  return run;
}

// Beside the text, since what people read in it is in the report too.
int print_report(const CompareOptions& options, const RunComparison& comparison,
                 const std::vector<std::string>& lines) {
  const Json handed = {{"compared", lines},
                       {"differences", to_json(comparison).at("differences")}};
  const StopSignals signals;
  std::fflush(stdout);  // what follows takes seconds, or fails
  try {
    const Drawn drawn = draw_comparison(options.a, options.b, handed, options.drawing, signals);
    print_shortfalls(drawn);
    if (!drawn.complaint.empty()) {
      throw Failure("no report: " + drawn.complaint);
    }
    fmt::print("report: {}\n", drawn.report);
    return drawn.exit_code;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted");
    return 128 + interrupted.signal;
  }
}

int print_comparison(const CompareOptions& options) {
  if (options.drawing.output && options.drawing.output->empty()) {
    throw WrongUsage("--output is empty: allowed is the path of a folder");
  }
  const StoredRun a = figures_of(options.a);
  const StoredRun b = figures_of(options.b);
  if (are_one_run(a.record, b.record)) {
    throw WrongUsage(fmt::format("{} and {} are one and the same run: allowed are two", options.a,
                                 options.b));
  }
  const RunComparison comparison = compare_runs(a, b);
  const auto confounding = comparison.confounding();
  if (!confounding.empty() && !options.despite_differences) {
    std::vector<std::string> texts;
    for (const FieldDifference& difference : confounding) {
      texts.push_back(difference_text(difference));
    }
    throw WrongUsage(fmt::format(
        "the runs were not measured on and with the same, and no ratio could tell that from the "
        "code ({}): allowed with --despite-differences",
        fmt::join(texts, "; ")));
  }
  if (options.as_json) {
    fmt::print("{}\n", to_json(comparison).dump(-1, ' ', false, Json::error_handler_t::replace));
    return kExitDone;
  }
  std::vector<std::string> lines;
  for (const std::string& line : comparison_lines(comparison)) {
    lines.push_back(printable_line(line));
    fmt::print("{}\n", lines.back());
  }
  return options.as_html ? print_report(options, comparison, lines) : kExitDone;
}

}  // namespace

CarryOut add_compare_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* compare =
      app.add_subcommand("compare", "say by which factor two stored runs differ, cell by cell");
  compare->add_option("A", options->a, "a run's folder, such as results/local/NAME")->required();
  compare->add_option("B", options->b, "the run that is held against it: ratios are B / A")
      ->required();
  compare->add_flag("--despite-differences", options->despite_differences,
                    "compare also what was measured on or with something else, and say so");
  CLI::Option* json =
      compare->add_flag("--json", options->as_json, "one JSON object in place of text");
  CLI::Option* html = compare->add_flag("--html", options->as_html, "write a report, too");
  html->excludes(json);
  compare
      ->add_option("--output", options->drawing.output,
                   "folder for that report, instead of B's")
      ->needs(html);
  compare->add_option("--python", options->drawing.python, "python3 that has matplotlib and Jinja2")
      ->capture_default_str()
      ->needs(html);
  return [options] { return print_comparison(*options); };
}

}  // namespace coresweep
