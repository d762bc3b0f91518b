// What coresweep can be told to do: one file a command, which says its own flags.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace coresweep {

/// Says its outcome in an exit code, or throws WrongUsage, Failure or Interrupted. Its flags are
/// read by then, and all that it prints may still be undelivered when it returns.
using CarryOut = std::function<int()>;

/// Adds the command and its flags to `app`. `words` is the whole command line, for the record.
using AddCommand = CarryOut (*)(CLI::App& app, const std::vector<std::string>& words);

/// Runs a plan's trials, stores them, draws them, and prints the answer.
[[nodiscard]] CarryOut add_run_command(CLI::App& app, const std::vector<std::string>& words);

/// Goes on with a stored run that was stopped.
[[nodiscard]] CarryOut add_resume_command(CLI::App& app, const std::vector<std::string>& words);

/// Searches for the highest rate that each arm of a plan answers soon enough.
[[nodiscard]] CarryOut add_capacity_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints what a plan would run, and how long that takes.
[[nodiscard]] CarryOut add_plan_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints how two arms of a stored run differ.
[[nodiscard]] CarryOut add_explain_command(CLI::App& app, const std::vector<std::string>& words);

/// Draws a stored run and writes its report.
[[nodiscard]] CarryOut add_report_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints which runs are stored.
[[nodiscard]] CarryOut add_list_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints how two stored runs differ, cell by cell.
[[nodiscard]] CarryOut add_compare_command(CLI::App& app, const std::vector<std::string>& words);

/// Writes a stored run in another program's format.
[[nodiscard]] CarryOut add_export_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints what on this machine will spoil a benchmark.
[[nodiscard]] CarryOut add_doctor_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints what this machine takes for a system call, a switch, a wake-up and a way over loopback.
[[nodiscard]] CarryOut add_probe_command(CLI::App& app, const std::vector<std::string>& words);

/// Prints which servers of others can be compared here, and builds them.
[[nodiscard]] CarryOut add_peers_command(CLI::App& app, const std::vector<std::string>& words);

/// Does one side of each trial of a sweep over several hosts, as its controller says.
[[nodiscard]] CarryOut add_agent_command(CLI::App& app, const std::vector<std::string>& words);

/// Runs a plan's blocks on all pairs of hosts of an inventory.
[[nodiscard]] CarryOut add_fleet_command(CLI::App& app, const std::vector<std::string>& words);

/// Runs one of those blocks, as the fleet's command says.
[[nodiscard]] CarryOut add_block_command(CLI::App& app, const std::vector<std::string>& words);

struct CommandEntry {
  const char* name;
  AddCommand add;
};

/// Every command, in the order in which `--help` lists them.
inline constexpr CommandEntry kCommands[] = {
    {"run", add_run_command},
    {"resume", add_resume_command},
    {"capacity", add_capacity_command},
    {"fleet", add_fleet_command},
    {"plan", add_plan_command},
    {"explain", add_explain_command},
    {"report", add_report_command},
    {"list", add_list_command},
    {"compare", add_compare_command},
    {"export", add_export_command},
    {"peers", add_peers_command},
    {"doctor", add_doctor_command},
    {"probe", add_probe_command},
    {"agent", add_agent_command},
    {"block", add_block_command},
};

/// The flags that every command has which reads a plan.
struct PlanFlags {
  std::string plan_file;
  std::vector<std::string> peers;  ///< folders beside those that the plan names
  std::optional<std::string> hosts = {};  ///< the inventory; none: all is on this machine
  std::optional<std::string> pair = {};
};

/// The words of which every one of them begins.
inline constexpr const char* kPlanHelp =
    "the plan: one of harness/plans by its name, such as bench, or a JSON file, such as "
    "./mine.json";

void add_plan_flags(CLI::App& command, PlanFlags& flags);

}  // namespace coresweep
