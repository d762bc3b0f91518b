#include <fmt/format.h>

#include <memory>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/run_list.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

struct ListOptions {
  std::string results = "results/local";
  bool as_json = false;
};

int print_list(const ListOptions& options) {
  if (options.results.empty()) {
    throw WrongUsage("--results is empty: allowed is the path of a folder");
  }
  const auto runs = list_runs(options.results);
  if (options.as_json) {
    fmt::print("{}\n", to_json(runs).dump(-1, ' ', false, Json::error_handler_t::replace));
    return kExitDone;
  }
  for (const std::string& line : list_lines(runs)) {
    fmt::print("{}\n", line);
  }
  if (runs.empty()) {
    fmt::print("{}: no run yet\n", options.results);
  }
  return kExitDone;
}

}  // namespace

CarryOut add_list_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = app.add_subcommand("list", "say which runs are stored, the newest first");
  list->add_option("--results", options->results, "folder that holds a folder for each run")
      ->capture_default_str();
  list->add_flag("--json", options->as_json, "one JSON list in place of text");
  return [options] { return print_list(*options); };
}

}  // namespace coresweep
