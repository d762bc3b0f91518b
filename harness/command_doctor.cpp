#include "harness/answer_form.hpp"
#include "harness/commands.hpp"
#include "harness/doctor.hpp"
#include "harness/stop_signals.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::milliseconds kWatched{1000};

int print_findings(AnswerForm form, const StopSignals& signals) {
  try {
    const std::vector<Finding> findings = examine(read_host(kWatched, signals));
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
