#include "harness/load_steps.hpp"

#include "harness/network_counters.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds kConnecting = 10s;
constexpr nanoseconds kConnectingEach = 1ms;
constexpr int kSamples = 6;  // of a window

}  // namespace

nanoseconds longest_connecting(int connections) {
  return kConnecting + connections * kConnectingEach;
}

LoadBegun begin_load(Dialogue& dialogue, const std::vector<std::string>& command,
                     nanoseconds most) {
  const NetworkCounters before = read_network_counters();
  dialogue.load.process.emplace(command);
  Json said = dialogue.expect_any(dialogue.load, {"ready", "cannot_connect"}, most);
  return {std::move(said), network_between(before, read_network_counters())};
}

void sample_window(Dialogue& dialogue, const Dialogue::Program& from, nanoseconds duration,
                   const std::function<void()>& sample) {
  sample();
  const auto begin = ChildProcess::Clock::now();
  for (int i = 1; i < kSamples; ++i) {
    if (!dialogue.stays_quiet(from, begin + i * duration / kSamples)) {
      break;
    }
    sample();
  }
}

void finish_load(Dialogue& dialogue, std::optional<LoadReport>& load, std::string& errors) {
  auto& program = dialogue.load;
  load = parse_load_report(dialogue.expect(program, "report", kLongestReport));
  dialogue.wait_for_end(program);
  const LoadTotals& totals = load->totals;
  // With failures, or a rate beyond all bounds, it exits with 1 as agreed, and the report says
  // more than we could here.
  if (!program.process->ended_well() && totals.requests_failed == 0 &&
      totals.connections_lost == 0 && totals.requests_given_up == 0) {
    throw dialogue.breakdown_by(program);
  }
  errors = program.process->errors();
  program.process.reset();
}

}  // namespace coresweep
