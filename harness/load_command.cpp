#include "harness/load_command.hpp"

#include <fmt/format.h>

#include "support/cpu_set.hpp"

namespace coresweep {

std::vector<std::string> load_command_flags(const TrialSetup& setup, const LoadPart& part) {
  std::vector<std::string> flags{"--target", setup.listen,
                                 "--connections", std::to_string(part.connections),
                                 "--streams", std::to_string(setup.cell.streams),
                                 "--threads", std::to_string(part.cpus.size()),
                                 "--pin", format_cpu_list(part.cpus)};
  const auto add = [&flags](const std::vector<std::string>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
  };
  add(load_flags(setup.cell.load));
  if (setup.cell.load.is_open()) {
    add({"--seed", std::to_string(setup.load_seed)});
    if (part.phases > 1) {
      add({"--phase", fmt::format("{}/{}", part.phase, part.phases)});
    }
  }
  add({"--warmup", format_duration(setup.warmup), "--duration", format_duration(setup.duration),
       "--start", "go", "--quiet"});
  add(load_flags(setup.cell.conditions));
  return flags;
}

}  // namespace coresweep
