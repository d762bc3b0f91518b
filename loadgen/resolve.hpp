// Names and numbers of a server as socket addresses.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

namespace coresweep {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// All addresses of `host`, a name or a numeric address, in the resolver's order. Asks the resolver
/// only for a name. Throws std::runtime_error with the resolver's reason.
[[nodiscard]] std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port);

/// The first of `addresses` that takes a connection within a second; when none does, the first that
/// fails, whose error the caller then meets. Connects, to all of them, only when there is a choice.
/// Throws std::runtime_error when there is and all are silent.
[[nodiscard]] SocketAddress first_that_listens(const std::vector<SocketAddress>& addresses);

}  // namespace coresweep
