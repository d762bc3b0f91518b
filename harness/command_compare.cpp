#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "harness/commands.hpp"
#include "harness/compare.hpp"
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
};

StoredRun figures_of(const std::string& folder) {
  StoredRun run = read_run_figures(folder);
  for (const std::string& where : run.dropped) {
    print_error("coresweep", where + ": torn last line dropped");
  }
  return run;
}

int print_comparison(const CompareOptions& options) {
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
  for (const std::string& line : comparison_lines(comparison)) {
    fmt::print("{}\n", printable_line(line));
  }
  return kExitDone;
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
  compare->add_flag("--json", options->as_json, "one JSON object in place of text");
  return [options] { return print_comparison(*options); };
}

}  // namespace coresweep
