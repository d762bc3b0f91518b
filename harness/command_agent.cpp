#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "harness/agent_hello.hpp"
#include "harness/agent_protocol.hpp"
#include "harness/agent_trial.hpp"
#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/lifeline.hpp"
#include "harness/network_device.hpp"
#include "support/exit.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

[[noreturn]] void answer_all(AgentTrial& trial, Lifeline& lifeline) {
  while (true) {
    const Json word = lifeline.take();
    try {
      lifeline.reply(trial.answer(word));
    } catch (const Interrupted& interrupted) {
      if (interrupted.signal != SIGINT || !lifeline.is_abandoned()) {
        throw;
      }
    }
  }
}

int run_agent(const std::string& address) {
  if (::isatty(STDIN_FILENO) != 0) {
    throw WrongUsage(
        "agent: coresweep runs it on each host of a sweep over several, and talks to it: there is "
        "nothing to type");
  }
  raise_open_files();  // before the machine's limits are told; the programs inherit it
  const StopSignals signals;
  Lifeline lifeline(STDIN_FILENO, STDOUT_FILENO, signals);
  try {
    const Programs programs = find_programs();
    const std::optional<std::string> device = device_of_address(address);
    lifeline.reply(agent_hello(programs, device, signals));
    AgentTrial trial(programs, device.value_or(""), signals);
    answer_all(trial, lifeline);
  } catch (const Interrupted& interrupted) {
    switch (lifeline.why_gone()) {
      case Lifeline::Gone::kInputEnded:
        return kExitDone;
      case Lifeline::Gone::kSilent:
        print_error("coresweep", fmt::format("agent: heard nothing for {} s", kSilence.count()));
        return kExitFailed;
      case Lifeline::Gone::kNo:
        break;
    }
    print_error("coresweep", "agent: interrupted");
    return 128 + interrupted.signal;
  }
}

}  // namespace

CarryOut add_agent_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  CLI::App* command = app.add_subcommand(
      "agent", "run by coresweep on a host of a sweep over several; not meant to be typed");
  const auto address = std::make_shared<std::string>();
  command->add_option("--address", *address, "of this host, which its trials go over")->required();
  return [address] { return run_agent(*address); };
}

}  // namespace coresweep
