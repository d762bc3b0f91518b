// Checks of the doctor: how many connections fit.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr int kHighestPort = 65'535;

struct PortRange {
  int first = 0;
  int last = 0;
  std::string why;  ///< it is none

  [[nodiscard]] int size() const { return last - first + 1; }
};

PortRange read_port_range(const std::filesystem::path& root) {
  const std::string file = "/proc/sys/net/ipv4/ip_local_port_range";
  const HostText line = read_host_line(root, file);
  if (!line.text) {
    return {0, 0, line.why};
  }
  PortRange range;
  std::istringstream words(*line.text);
  words >> range.first >> range.last;
  if (words.fail() || range.first < 1 || range.last < range.first || range.last > kHighestPort) {
    range.why = file + ": holds no range of ports";
  }
  return range;
}

// Whether `list`, such as "8080,9148-9150", has the port.
bool has_port(std::string_view list, int port) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    const auto dash = part.find('-');
    const auto first = parse_whole_number(part.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_whole_number(part.substr(dash + 1));
    if (first && last && *first <= port && port <= *last) {
      return true;
    }
  }
  return false;
}

std::string grouped(std::int64_t number) { return with_thousands(static_cast<double>(number)); }

// The number behind "tw" in the line of TCP.
std::optional<std::int64_t> parse_time_wait(std::string_view sockstat) {
  std::istringstream words(line_behind(sockstat, "TCP:").value_or(""));
  std::string name;
  for (std::int64_t value = 0; words >> name >> value;) {
    if (name == "tw") {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

Finding check_somaxconn(const Host& host) {
  const Check check("somaxconn",
                    "connections that come at once wait in one listener's queue; one that finds it "
                    "full tries again a second later");
  const HostNumber queue = read_host_number(host.root, "/proc/sys/net/core/somaxconn");
  if (!queue.value) {
    return check.unknown(queue.why);
  }
  const std::int64_t at_once = kOpenedAtOnce * static_cast<std::int64_t>(host.allowed.size());
  if (*queue.value >= at_once) {
    return check.ok(grouped(*queue.value));
  }
  return check.warning(fmt::format("{}: the load generator may open {} at once",
                                   grouped(*queue.value), grouped(at_once)),
                       "sudo sysctl -w net.core.somaxconn=16384");
}

Finding check_port_range(const Host& host) {
  const Check check("port_range",
                    "each connection takes a port of this range, and may take the server's own if "
                    "that lies in it");
  const PortRange range = read_port_range(host.root);
  if (!range.why.empty()) {
    return check.unknown(range.why);
  }
  std::string reading =
      fmt::format("{}-{}, {} ports", range.first, range.last, grouped(range.size()));
  const HostText reserved =
      read_host_line(host.root, "/proc/sys/net/ipv4/ip_local_reserved_ports");
  const bool collides = range.first <= kDefaultPort && kDefaultPort <= range.last &&
                        !has_port(reserved.text.value_or(""), kDefaultPort);
  const bool too_few = range.size() < kLargestPlanConnections;
  if (!collides && !too_few) {
    return check.ok(reading);
  }
  if (too_few) {
    reading +=
        fmt::format("; the largest plan has {} connections", grouped(kLargestPlanConnections));
  }
  if (collides) {
    reading += fmt::format("; the server's port {} lies in it", kDefaultPort);
  }
  return check.warning(reading, "sudo sysctl -w net.ipv4.ip_local_port_range=\"16384 65535\"");
}

Finding check_time_wait(const Host& host) {
  const Check check("time_wait",
                    "a connection that was closed keeps its port for a minute, so that a plan of "
                    "many connections finds fewer");
  const std::string file = "/proc/net/sockstat";
  const HostText sockets = read_host_text(host.root, file);
  if (!sockets.text) {
    return check.unknown(sockets.why);
  }
  const auto waiting = parse_time_wait(*sockets.text);
  const PortRange range = read_port_range(host.root);
  if (!waiting || *waiting < 0 || !range.why.empty()) {
    return check.unknown(range.why.empty() ? file + ": holds no count of TIME_WAIT" : range.why);
  }
  const std::string reading =
      fmt::format("{} of {} ports", grouped(*waiting), grouped(range.size()));
  // Where the range is too short by itself, that is said of it; here a tenth of it is much.
  const int needed = std::min(kLargestPlanConnections, range.size() - range.size() / 10);
  return range.size() - *waiting < needed ? check.warning(reading, "sleep 60") : check.ok(reading);
}

}  // namespace coresweep
