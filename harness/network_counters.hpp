// What the machine's TCP lost or sent again meanwhile, from /proc/net: a trial whose backlog was
// full shows here first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "support/json_lines.hpp"

namespace coresweep {

/// Since boot; nothing where the kernel does not tell.
struct NetworkCounters {
  std::optional<std::int64_t> listen_overflows;
  std::optional<std::int64_t> listen_drops;
  std::optional<std::int64_t> segments_retransmitted;
};

/// The row `group` ("TcpExt") of `text` in the form of /proc/net/netstat and snmp, which is a line
/// of names and a line of numbers.
[[nodiscard]] std::map<std::string, std::int64_t> parse_proc_net(std::string_view text,
                                                                 std::string_view group);

[[nodiscard]] NetworkCounters read_network_counters();

/// The record's "network".
[[nodiscard]] Json network_between(const NetworkCounters& before, const NetworkCounters& after);

}  // namespace coresweep
