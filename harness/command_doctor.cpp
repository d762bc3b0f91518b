#include <poll.h>
#include <unistd.h>

#include "harness/answer_form.hpp"
#include "harness/commands.hpp"
#include "harness/doctor.hpp"
#include "harness/stop_signals.hpp"
#include "support/cpu_set.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

constexpr int kSampleMs = 1000;

Host read_host(const StopSignals& signals) {
  Host host;
  host.allowed = allowed_cpus();
  host.topology = read_cpu_topology();
  host.ticks_per_s = ::sysconf(_SC_CLK_TCK);
  host.io_uring_error = try_io_uring();
  host.before = read_host_sample(host.root, SampleSide::kBefore);
  pollfd stop{signals.descriptor(), POLLIN, 0};
  ::poll(&stop, 1, kSampleMs);
  signals.check();
  host.after = read_host_sample(host.root, SampleSide::kAfter);
  return host;
}

int print_findings(AnswerForm form, const StopSignals& signals) {
  try {
    const std::vector<Finding> findings = examine(read_host(signals));
    print_in_form(form, findings_record(findings), finding_lines(findings));
    return count_warnings(findings) == 0 ? kExitDone : kExitFailed;
  } catch (const Interrupted& interrupted) {
    print_error("coresweep", "interrupted");
    return 128 + interrupted.signal;
  }
}

}  // namespace

CarryOut add_doctor_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  const auto form = add_json_flag(*app.add_subcommand(
      "doctor", "say what on this machine will spoil a benchmark, and change nothing"));
  return [form] { return print_findings(*form, StopSignals()); };
}

}  // namespace coresweep
