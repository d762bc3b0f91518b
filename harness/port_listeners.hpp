// Whose a port is: its listening sockets, from /proc/net/tcp, and the sockets that processes hold.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "support/endpoint.hpp"

namespace coresweep {

/// Inodes of the listening sockets in `text` (/proc/net/tcp or tcp6) that take connections to
/// `endpoint`: bound to its port, and to its address or to all.
[[nodiscard]] std::set<std::uint64_t> parse_listeners(std::string_view text,
                                                      const Endpoint& endpoint);

/// The same of this machine, IPv4 and IPv6.
[[nodiscard]] std::set<std::uint64_t> listeners_at(const Endpoint& endpoint);

/// Inodes of the sockets that the processes of `group` have open.
[[nodiscard]] std::set<std::uint64_t> sockets_of_group(pid_t group);

/// "PROGRAM (PID)" of the first process, outside of `group` and other than this one, that has one
/// of `sockets` open; empty when none has that lets us look.
[[nodiscard]] std::string holder_outside(pid_t group, const std::set<std::uint64_t>& sockets);

}  // namespace coresweep
