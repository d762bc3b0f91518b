#include "harness/port_listeners.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;

// As the kernel prints it on a little-endian machine, for 10051 (0x2743).
constexpr const char* kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
    "   0: 0100007F:2743 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 111 1\n"
    "   1: 00000000:2743 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 222 1\n"
    "   2: 0200007F:2743 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 333 1\n"
    "   3: 0100007F:2743 0100007F:9999 01 00000000:00000000 00:00000000 00000000  0  0 444 1\n"
    "   4: 0100007F:2744 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 555 1\n";

TEST(Listeners, AreThoseThatTakeWhatGoesToTheEndpoint) {
  EXPECT_THAT(parse_listeners(kTcp, {"127.0.0.1", 10051}), ElementsAre(111, 222));
  EXPECT_THAT(parse_listeners(kTcp, {"127.0.0.2", 10051}), ElementsAre(222, 333));
  EXPECT_THAT(parse_listeners(kTcp, {"127.0.0.1", 10053}), ElementsAre());
}

// Of a family, a socket that listens, found by its inode among this process's own.
class ListenersHere : public testing::TestWithParam<const char*> {};

TEST_P(ListenersHere, AreFoundWithTheirOwner) {
  const std::string address = GetParam();
  const bool six = address.find(':') != std::string::npos;
  const FileDescriptor listener(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0));
  sockaddr_in6 name6{};
  name6.sin6_family = AF_INET6;
  sockaddr_in name4{};
  name4.sin_family = AF_INET;
  ASSERT_EQ(six ? ::inet_pton(AF_INET6, address.c_str(), &name6.sin6_addr)
                : ::inet_pton(AF_INET, address.c_str(), &name4.sin_addr),
            1);
  auto* name = six ? reinterpret_cast<sockaddr*>(&name6) : reinterpret_cast<sockaddr*>(&name4);
  socklen_t size = six ? sizeof(name6) : sizeof(name4);
  if (::bind(listener.get(), name, size) != 0) {
    GTEST_SKIP() << "no " << address << " here";
  }
  ASSERT_EQ(::getsockname(listener.get(), name, &size), 0);
  const Endpoint endpoint{six ? "::1" : "127.0.0.1", ntohs(six ? name6.sin6_port : name4.sin_port)};
  EXPECT_THAT(listeners_at(endpoint), ElementsAre());  // bound, but not listening
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  const auto found = listeners_at(endpoint);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(sockets_of_group(::getpgrp()).count(*found.begin()), 1U);
}

INSTANTIATE_TEST_SUITE_P(Addresses, ListenersHere,
                         testing::Values("127.0.0.1", "0.0.0.0", "::1", "::"));

}  // namespace
}  // namespace coresweep
