// coresweep: finds the command, and turns whatever it throws into one line and an exit code.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <string_view>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/stop_signals.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

std::string command_names(const char* conjunction) {
  std::vector<std::string> names;
  for (const CommandEntry& command : kCommands) {
    names.emplace_back(command.name);
  }
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{} {} {}", fmt::join(names, ", "), conjunction, last);
}

int carry_out(const CarryOut& command) {
  try {
    return exit_after_output("coresweep", command());
  } catch (const WrongUsage& error) {
    print_error("coresweep", error.what());
    return WrongUsage::kExitCode;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted");  // whoever has trials says how many
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    print_error("coresweep", error.what());
    return Failure::kExitCode;
  }
}

int coresweep_main(int argc, const char* const* argv) {
  keep_standard_descriptors_taken();
  // A file that grows beyond a limit (ulimit -f) is then an error code, with its line, and so is a
  // reader that left.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  // Where whoever started us ignores it, no child could be waited for: a failed one looks well.
  std::signal(SIGCHLD, SIG_DFL);
  const std::vector<std::string> words(argv, argv + argc);
  CLI::App app("Finds out which server architecture scales with cores, how far, and why.",
               "coresweep");
  app.require_subcommand(0, 1);
  std::map<std::string, CarryOut> commands;
  for (const CommandEntry& command : kCommands) {
    commands[command.name] = command.add(app, words);
  }
  const std::string first = words.size() > 1 ? words[1] : "";
  if (!first.starts_with('-') && !commands.contains(first)) {
    print_error("coresweep",
                first.empty() ? fmt::format("a command is needed: {}", command_names("or"))
                              : fmt::format("'{}' is no command: allowed are {}", first,
                                            command_names("and")));
    return kExitWrongUsage;
  }
  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    return *exit_code;
  }
  if (app.get_subcommands().empty()) {
    print_error("coresweep", fmt::format("a command is needed: {}", command_names("or")));
    return kExitWrongUsage;
  }
  return carry_out(commands.at(app.get_subcommands().front()->get_name()));
}

}  // namespace
}  // namespace coresweep

int main(int argc, char** argv) { return coresweep::coresweep_main(argc, argv); }
