#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "harness/commands.hpp"
#include "harness/drawing.hpp"
#include "harness/explained_headline.hpp"
#include "harness/failure.hpp"
#include "harness/inventory.hpp"
#include "harness/stored_lines.hpp"
#include "harness/strict_document.hpp"
#include "harness/wording.hpp"
#include "support/command_line.hpp"
#include "support/decimal.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kHighestServedRate = 1'000'000'000'000;

struct ReportOptions {
  std::string run;
  std::optional<std::string> hosts;
  std::optional<std::string> pair;
  DrawOptions drawing{.python = "/usr/bin/python3"};
};

void require_record(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder + "/run.json", error)) {
    throw WrongUsage(fmt::format("{}/run.json: {}", folder,
                                 error ? error.message()
                                       : std::string("is missing: a run's folder is needed")));
  }
}

CLI::Validator price() {
  const auto check = [](std::string& text) {
    const auto value = parse_decimal(text);
    return value && *value >= kLowestPrice && *value <= kHighestPrice
               ? std::string()
               : fmt::format("'{}': allowed is an amount from {:.6f} to {:.0f}, such as 1.53",
                             text, kLowestPrice, kHighestPrice);
  };
  return {check, "AMOUNT"};
}

// A pair's server is the machine whose requests are priced: not another than they were measured on.
void take_price(const std::string& file, const std::optional<std::string>& pair, const Json& record,
                DrawOptions& drawing) {
  const Inventory inventory = read_inventory(file);
  const InventoryHost& server = pair_of(inventory, pair).server;
  if (!server.price_per_hour) {
    throw WrongUsage(fmt::format(
        "{}: {}.price_per_hour is missing: allowed is a price in dollars, or --price-per-hour "
        "instead of --hosts",
        file, member_place("hosts", server.name)));
  }
  const Json* cpus = find_stored(record, "/machine/cpus_online");
  if (cpus != nullptr && *cpus != server.cpus) {
    throw WrongUsage(fmt::format("{}: {}.cpus is {}: the run was measured on a machine with {}: a "
                                 "price of another says nothing of it",
                                 file, member_place("hosts", server.name), server.cpus,
                                 cpus->dump()));
  }
  drawing.price_per_hour = fmt::format("{}", *server.price_per_hour);
  const std::string type =
      server.instance_type.empty() ? "" : fmt::format(" of type {}", server.instance_type);
  const std::string name = std::filesystem::path(file).filename().string();
  drawing.price_from = printable_line(fmt::format("{}'s host {}{}", name, server.name, type));
}

int make_report(ReportOptions options, const StopSignals& signals) {
  if (options.drawing.output && options.drawing.output->empty()) {
    throw WrongUsage("--output is empty: allowed is the path of a folder");
  }
  if (options.hosts && options.hosts->empty()) {
    throw WrongUsage("--hosts is empty: allowed is the path of an inventory");
  }
  if (options.drawing.rate && !options.drawing.price_per_hour && !options.hosts) {
    throw WrongUsage("--rate requires --price-per-hour or --hosts");
  }
  require_run_folder(options.run);
  require_record(options.run);
  if (options.hosts) {
    take_price(*options.hosts, options.pair, read_stored_record(options.run + "/run.json"),
               options.drawing);
  }
  const std::vector<std::string> why = explained_headline(options.run);
  try {
    const Drawn drawn = draw_report(options.run, why, options.drawing, signals);
    print_shortfalls(drawn);
    if (!drawn.complaint.empty()) {
      throw Failure("no report: " + drawn.complaint);
    }
    for (const std::string& line : drawn.lines) {
      fmt::print("{}\n", printable_line(line));
    }
    fmt::print("report: {}\n", drawn.report);
    return drawn.exit_code;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted");
    return 128 + interrupted.signal;
  }
}

}  // namespace

CarryOut add_report_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<ReportOptions>();
  DrawOptions& drawing = options->drawing;
  CLI::App* report = app.add_subcommand(
      "report", "draw a stored run again, and write its report: one HTML file, by itself");
  report->add_option("RUN", options->run, "the run's folder, such as results/local/NAME")
      ->required();
  report->add_option("--python", drawing.python, "python3 that has matplotlib and Jinja2")
      ->capture_default_str();
  CLI::Option* price_per_hour =
      report->add_option("--price-per-hour", drawing.price_per_hour,
                         "what the server's machine costs an hour, to say what requests cost");
  price_per_hour->check(price());
  CLI::Option* hosts =
      report->add_option("--hosts", options->hosts, "an inventory, whose server's price is taken");
  hosts->excludes(price_per_hour);
  report->add_option("--pair", options->pair, "the pair of the inventory, where it has several")
      ->needs(hosts);
  report
      ->add_option("--rate", drawing.rate,
                   "requests a second to be served, to say how many machines that takes")
      ->check(whole_number_between(1, kHighestServedRate));
  report->add_option("--output", drawing.output, "folder for what is drawn, instead of the run's");
  return [options] { return make_report(*options, StopSignals()); };
}

}  // namespace coresweep
