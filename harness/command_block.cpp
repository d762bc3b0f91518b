#include <sys/prctl.h>

#include <csignal>
#include <memory>

#include "harness/commands.hpp"
#include "harness/fleet.hpp"
#include "support/command_line.hpp"
#include "support/exit.hpp"

namespace coresweep {

CarryOut add_block_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto job = std::make_shared<BlockJob>();
  CLI::App* block = app.add_subcommand(
      "block", "run one block of a fleet on a free pair, as coresweep fleet has it run");
  block->add_option("RUN", job->run, "the fleet's folder")->required();
  block->add_option("BLOCK", job->job, "such as block-000")->required();
  block
      ->add_option("--session", job->session, "how often the sweep was taken up again before")
      ->check(whole_number_between(0, 1'000'000));
  block->add_option("--begun", job->begun_unix_ms,
                    "pairs that were lost before (milliseconds of Unix time) are tried again");
  return [job] {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // no block goes on that nobody waits for
    run_block(*job, StopSignals());
    return kExitDone;
  };
}

}  // namespace coresweep
