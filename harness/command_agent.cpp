// A host's end of a sweep over several: the words of its controller carried out, over the stdin and
// stdout of the ssh that started it, until they end.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>

#include "harness/agent_hello.hpp"
#include "harness/agent_protocol.hpp"
#include "harness/agent_trial.hpp"
#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/lifeline.hpp"
#include "harness/network_device.hpp"
#include "support/endpoint.hpp"
#include "support/exit.hpp"
#include "support/file_descriptor.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;

// One that has lost its controller takes 5 s to notice and some more to end.
constexpr std::chrono::seconds kTurn{12};
constexpr int kLookMs = 100;

// A name that one process of this network can have, and that goes with it: two agents would measure
// each other. Throws Failure and Interrupted.
FileDescriptor take_turn(const std::string& address, const StopSignals& signals) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = "coresweep agent " + address;
  std::memcpy(name.sun_path + 1, text.data(), text.size());  // abstract: no file is left behind
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  const auto deadline = Clock::now() + kTurn;
  while (true) {
    FileDescriptor turn(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(turn.get(), reinterpret_cast<const sockaddr*>(&name), length) == 0) {
      return turn;
    }
    if (Clock::now() >= deadline) {
      throw Failure(fmt::format("another sweep is at work on this host ({})", address));
    }
    pollfd stop{signals.descriptor(), POLLIN, 0};
    ::poll(&stop, 1, kLookMs);
    signals.check();
  }
}

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
  if (!parse_endpoint(format_endpoint(address, 1), PortZero::refused)) {
    throw WrongUsage(
        fmt::format("agent: --address is {}: allowed is a numeric address of this host", address));
  }
  if (::isatty(STDIN_FILENO) != 0) {
    throw WrongUsage(
        "agent: coresweep runs it on each host of a sweep over several, and talks to it: there is "
        "nothing to type");
  }
  raise_open_files();  // before the machine's limits are told; the programs inherit it
  const StopSignals signals;
  const FileDescriptor turn = take_turn(address, signals);
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
