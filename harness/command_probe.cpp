#include <memory>

#include "harness/answer_form.hpp"
#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/machine.hpp"
#include "harness/probe.hpp"
#include "support/cpu_set.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

// `signals` is there before any thread, which then leaves them to it.
int print_probes(AnswerForm form, const StopSignals& signals) {
  const auto topology = read_cpu_topology();
  const std::vector<int> allowed = allowed_cpus();
  const CpuTopology usable =
      topology ? restricted_to(*topology, allowed) : CpuTopology{};
  if (usable.cores.empty()) {
    throw Failure("hwloc sees none of the CPUs that coresweep may run on");
  }
  const Json machine = machine_record(*topology, allowed);
  try {
    const ProbeReport report = run_probes(divide_cpus(usable), signals);
    print_in_form(form, probe_record(report, machine), probe_lines(report, machine));
    return kExitDone;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted");
    return 128 + interrupted.signal;
  }
}

}  // namespace

CarryOut add_probe_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  const auto form = add_json_flag(*app.add_subcommand(
      "probe", "time the machine itself (3 s): system call, switch, wake-up, loopback"));
  return [form] { return print_probes(*form, StopSignals()); };
}

}  // namespace coresweep
