// Checks of the doctor: who else uses our CPUs.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/verdict.hpp"
#include "support/contains.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kMostNamed = 4;

struct CpuShare {
  int cpu = 0;
  double busy = 0;
  double stolen = 0;
};

struct ProcessShare {
  ProcessTicks process;
  double share = 0;  ///< of one CPU
};

double sampled_seconds(const Host& host) {
  return to_seconds(host.after.cpus.read_at - host.before.cpus.read_at);
}

// Of each CPU that coresweep may run on and that was read twice.
std::vector<CpuShare> cpu_shares(const Host& host) {
  const double seconds = sampled_seconds(host);
  std::vector<CpuShare> shares;
  if (seconds <= 0) {
    return shares;
  }
  const Json between =
      machine_cpu_between(host.before.cpus, host.after.cpus, host.ticks_per_s);
  for (const Json& cpu : between.at("per_cpu")) {
    const auto share = [&cpu, seconds](const char* key) {
      return cpu.at(key).get<double>() / seconds;
    };
    const CpuShare used{cpu.at("cpu").get<int>(),
                        share("user_s") + share("system_s") + share("softirq_s") + share("irq_s"),
                        share("steal_s")};
    if (contains(host.allowed, used.cpu)) {
      shares.push_back(used);
    }
  }
  return shares;
}

const ProcessTicks* find_process(const std::vector<ProcessTicks>& processes, pid_t id) {
  const auto found = std::find_if(processes.begin(), processes.end(),
                                  [id](const ProcessTicks& one) { return one.id == id; });
  return found == processes.end() ? nullptr : &*found;
}

// Those that used a CPU meanwhile, the busiest first, without ourselves.
std::vector<ProcessShare> busy_processes(const Host& host, double least) {
  const double ticks = sampled_seconds(host) * static_cast<double>(host.ticks_per_s);
  std::vector<ProcessShare> busy;
  for (const ProcessTicks& now : host.after.processes) {
    const ProcessTicks* then = find_process(host.before.processes, now.id);
    const bool same = then != nullptr && then->started == now.started;
    const double share = static_cast<double>(now.ticks - (same ? then->ticks : 0)) / ticks;
    if (share > least && now.id != ::getpid()) {
      busy.push_back({now, share});
    }
  }
  std::stable_sort(busy.begin(), busy.end(), [](const ProcessShare& one, const ProcessShare& two) {
    return one.share > two.share;
  });
  if (busy.size() > kMostNamed) {
    busy.resize(kMostNamed);
  }
  return busy;
}

// Our shell, its terminal and what started them: whoever pauses these pauses himself.
std::vector<pid_t> our_ancestors(const Host& host) {
  std::vector<pid_t> ancestors = {1};
  pid_t id = ::getpid();
  while (const ProcessTicks* process = find_process(host.after.processes, id)) {
    id = process->parent;
    if (contains(ancestors, id)) {
      break;
    }
    ancestors.push_back(id);
  }
  return ancestors;
}

// Pauses them for ten minutes or until Ctrl-C, whichever comes first: a pause that does not end by
// itself is no help to whoever looks at a frozen screen.
std::string pause_command(const Host& host, const std::vector<ProcessShare>& busy) {
  const std::vector<pid_t> ancestors = our_ancestors(host);
  std::vector<pid_t> ids;
  for (const ProcessShare& one : busy) {
    if (!one.process.of_kernel && !contains(ancestors, one.process.id)) {
      ids.push_back(one.process.id);
    }
  }
  return ids.empty() ? std::string("nothing: wait until it is over")
                     : fmt::format(
                           "sudo sh -c 'trap : INT; kill -STOP {0}; sleep 600; kill -CONT {0}'",
                           fmt::join(ids, " "));
}

}  // namespace

Finding check_other_load(const Host& host) {
  const double threshold = Thresholds().noisy_host_run_delay_share;
  const Check check("other_load",
                    fmt::format("a thread that waits above {:.0f} % of a window for its CPU makes "
                                "the trial noisy_host, which is no result",
                                100 * threshold));
  const std::vector<CpuShare> shares = cpu_shares(host);
  if (shares.empty()) {
    return check.unknown("/proc/stat: has no two readings of coresweep's CPUs");
  }
  std::vector<std::string> cpus;
  double most = 0;
  for (const CpuShare& one : shares) {
    most = std::max(most, one.busy);
    if (one.busy > threshold) {
      cpus.push_back(fmt::format("CPU {} {:.0f} %", one.cpu, 100 * one.busy));
    }
  }
  if (cpus.empty()) {
    return check.ok(fmt::format("no CPU busier than {:.0f} %", 100 * most));
  }
  const std::vector<ProcessShare> busy = busy_processes(host, threshold);
  std::vector<std::string> names;
  for (const ProcessShare& one : busy) {
    names.push_back(
        fmt::format("{} ({}) {:.0f} %", one.process.name, one.process.id, 100 * one.share));
  }
  const std::string by =
      !names.empty() ? fmt::format("{}", fmt::join(names, ", "))
      : sees_all_processes(host.root)
          ? std::string("by no process that was there all the time: short ones, or interrupts")
          : std::string("by no process that can be seen from here");
  return check.warning(fmt::format("{}: {}", fmt::join(cpus, ", "), by), pause_command(host, busy));
}

Finding check_steal(const Host& host) {
  const double threshold = Thresholds().noisy_host_steal_share;
  const Check check("steal",
                    fmt::format("above {:.0f} % of a window the hypervisor's other guests make the "
                                "trial noisy_host, which is no result",
                                100 * threshold));
  const std::vector<CpuShare> shares = cpu_shares(host);
  if (shares.empty()) {
    return check.unknown("/proc/stat: has no two readings of coresweep's CPUs");
  }
  std::vector<std::string> stolen;
  double most = 0;
  for (const CpuShare& one : shares) {
    most = std::max(most, one.stolen);
    if (one.stolen > threshold) {
      stolen.push_back(fmt::format("CPU {} {:.0f} %", one.cpu, 100 * one.stolen));
    }
  }
  return stolen.empty()
             ? check.ok(fmt::format("at most {:.0f} % of a CPU", 100 * most))
             : check.warning(fmt::format("{}", fmt::join(stolen, ", ")),
                             "nothing: choose a machine of your own, or a dedicated instance");
}

Finding check_irqbalance(const Host& host) {
  const Check check("irqbalance",
                    "it moves interrupts from one CPU to another in the middle of a trial");
  for (const ProcessTicks& process : host.after.processes) {
    if (process.name == "irqbalance") {
      return check.warning(fmt::format("runs, as process {}", process.id),
                           "sudo systemctl stop irqbalance");
    }
  }
  if (host.after.processes.empty()) {
    return check.unknown("/proc: shows no process");
  }
  return sees_all_processes(host.root)
             ? check.ok("does not run")
             : check.unknown("the machine's processes cannot be seen from this container");
}

}  // namespace coresweep
