#include <fmt/format.h>

#include "harness/commands.hpp"
#include "support/exit.hpp"

namespace coresweep {

int print_explanation(const ExplainOptions& options) {
  const StoredRun run = under_one_handler(read_stored_run(options.run), options);
  for (const std::string& where : run.dropped) {
    print_error("coresweep", where + ": torn last line dropped");
  }
  const ComparedArms arms = arms_to_compare(run, options);
  for (const std::string& line : explain_lines(run, arms)) {
    fmt::print("{}\n", line);
  }
  for (const std::string& line : explain_traces(run, arms)) {
    fmt::print("{}\n", line);
  }
  return kExitDone;
}

}  // namespace coresweep
