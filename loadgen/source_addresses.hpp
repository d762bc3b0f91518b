// Where connections to this host's own loopback come from. A source address has some 28,000 ports
// towards one server, and each stays taken for a minute after an orderly close; but all of
// 127.0.0.0/8 is ours to come from.
#pragma once

#include <netinet/in.h>

#include <cstdint>

#include "loadgen/resolve.hpp"

namespace coresweep {

class SourceAddresses {
 public:
  /// Those of load thread `number`: it begins elsewhere than the others.
  explicit SourceAddresses(int number) : next_(static_cast<std::uint32_t>(number) * 37) {}

  /// Whether `target` lies in 127.0.0.0/8.
  [[nodiscard]] static bool can_reach(const SocketAddress& target) {
    return target.family() == AF_INET &&
           ntohl(reinterpret_cast<const sockaddr_in*>(&target.storage)->sin_addr.s_addr) >> 24 ==
               127;
  }

  /// 127.1.0.1 to 127.1.3.254 in turn.
  [[nodiscard]] SocketAddress next() {
    const std::uint32_t number = next_++ % (4 * kHosts);
    SocketAddress address;
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr =
        htonl(127U << 24 | 1U << 16 | (number / kHosts) << 8 | (1 + number % kHosts));
    address.size = sizeof(sockaddr_in);
    return address;
  }

 private:
  static constexpr std::uint32_t kHosts = 254;
  std::uint32_t next_;
};

}  // namespace coresweep
