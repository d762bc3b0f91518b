#include "harness/agent_hello.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "harness/agent_protocol.hpp"
#include "harness/binaries_record.hpp"
#include "harness/doctor.hpp"
#include "harness/failure.hpp"
#include "harness/machine.hpp"
#include "harness/network_device.hpp"
#include "harness/run_to_end.hpp"
#include "harness/wanted_state.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kReadOnce{0};
constexpr std::chrono::seconds kLongestChrony{2};
// Of the columns of `chronyc -c tracking`.
constexpr std::size_t kReferenceId = 0;
constexpr std::size_t kSystemTime = 4;
constexpr std::size_t kRootDelay = 10;
constexpr std::size_t kRootDispersion = 11;
constexpr std::size_t kLeapStatus = 13;
constexpr std::size_t kTrackingColumns = 14;
constexpr std::string_view kItself = "7F7F0101";  // a reference that is no other clock: `local`

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  while (true) {
    const auto comma = line.find(',');
    columns.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) {
      return columns;
    }
    line.remove_prefix(comma + 1);
  }
}

// Of a number of seconds.
std::optional<double> ns_in(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || std::fabs(seconds) > 1e9) {
    return std::nullopt;
  }
  return seconds * 1e9;
}

Json ask_chrony(const StopSignals& signals) {
  try {
    const CommandResult said =
        run_to_end({"chronyc", "-c", "-n", "tracking"}, signals, kLongestChrony);
    const std::string line = said.lines.empty() ? said.last_error_line : said.lines.front();
    if (!said.ending.empty()) {
      return {{"why", fmt::format("chronyc {}: {}", said.ending, line)}};
    }
    return chrony_record(line);
  } catch (const Failure& failure) {  // it is not there
    return {{"why", failure.what()}};
  }
}

Json cores_record(const CpuTopology& usable) {
  Json cores = Json::array();
  for (const PhysicalCore& core : usable.cores) {
    cores.push_back(core.cpus);
  }
  return cores;
}

}  // namespace

Json chrony_record(std::string_view tracking) {
  const std::vector<std::string_view> columns = columns_of(tracking);
  const auto unknown = [tracking] {
    return Json{{"why", fmt::format("chronyc: its line is not as known: {:.200}", tracking)}};
  };
  if (columns.size() != kTrackingColumns) {
    return unknown();
  }
  if (columns[kLeapStatus] == "Not synchronised") {
    return {{"why", "chronyc: not synchronised"}};
  }
  // Such a clock is exact to itself, and two of them may be years apart.
  if (columns[kReferenceId] == kItself) {
    return {{"why", "chronyc: synchronised to this clock itself"}};
  }
  // It prints how far this clock is behind.
  const auto behind = ns_in(columns[kSystemTime]);
  const auto delay = ns_in(columns[kRootDelay]);
  const auto dispersion = ns_in(columns[kRootDispersion]);
  if (!behind || !delay || !dispersion) {
    return unknown();
  }
  return {{"offset_ns", std::llround(-*behind)},
          {"bound_ns", std::llround(*dispersion + *delay / 2)}};
}

std::vector<std::string> own_state_complaints() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::vector<std::string>()
                         : state_complaints(std::string(home) + "/coresweep/state/wanted.json");
}

Json agent_hello(const Programs& programs, const std::optional<std::string>& device,
                 const StopSignals& signals) {
  utsname system{};
  ::uname(&system);
  const std::vector<int> allowed = allowed_cpus();
  const auto topology = read_cpu_topology();
  if (!topology) {
    throw Failure("hwloc cannot read the CPUs of this machine");
  }
  const CpuTopology usable = restricted_to(*topology, allowed);
  Json hello{{"event", "agent"},
             {"protocol", kAgentProtocol},
             {"host", system.nodename},
             {"arch", system.machine},
             {"pid", ::getpid()},
             {"addresses", own_addresses()},
             {"machine", machine_record(*topology, allowed)},
             {"cores", cores_record(usable)},
             {"numa_nodes", usable.numa_nodes},
             {"most_connections", most_connections(static_cast<int>(allowed.size()))},
             {"greeter", lines_of_list(programs.greeter, signals)}};
  if (!programs.greeter_io_uring.empty()) {
    hello["greeter-io_uring"] = lines_of_list(programs.greeter_io_uring, signals);
  }
  hello["binaries"] = binaries_record(programs, signals);
  hello["build"] = build_record();
  hello["state"] = own_state_complaints();
  hello["doctor"] = warnings_record(examine(read_host(kReadOnce, signals)));
  hello["chrony"] = ask_chrony(signals);
  hello["network"] = device ? network_device_record(*device) : Json();
  return hello;
}

}  // namespace coresweep
