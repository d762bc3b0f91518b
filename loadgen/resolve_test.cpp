#include "loadgen/resolve.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>

#include <chrono>
#include <cstring>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

// On a free loopback port.
struct Listener {
  explicit Listener(int queue) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.size = sizeof(sockaddr_in);
    EXPECT_EQ(::bind(socket.get(), address.get(), address.size), 0);
    EXPECT_EQ(::listen(socket.get(), queue), 0);
    EXPECT_EQ(
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size),
        0);
  }
  FileDescriptor socket;
  SocketAddress address;
};

// Its queue is full, so that it answers nobody.
struct SilentListener : Listener {
  SilentListener() : Listener(0), first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(::connect(first.get(), address.get(), address.size), 0);
  }
  FileDescriptor first;
};

bool are_same(const SocketAddress& one, const SocketAddress& other) {
  return one.size == other.size && std::memcmp(one.get(), other.get(), one.size) == 0;
}

TEST(Resolve, ThoseThatAreSilentHoldUpNobody) {
  const SilentListener first;
  const SilentListener second;
  const SilentListener third;
  const Listener listens(5);
  const auto began = std::chrono::steady_clock::now();
  const SocketAddress found =
      first_that_listens({first.address, second.address, third.address, listens.address});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1'900));
  EXPECT_TRUE(are_same(found, listens.address));
}

TEST(Resolve, TheFirstInTheirOrderIsTaken) {
  const Listener refuses = [] {
    Listener closed(5);
    closed.socket.reset();
    return closed;
  }();
  const Listener first(5);
  const Listener second(5);
  EXPECT_TRUE(are_same(first_that_listens({refuses.address, first.address, second.address}),
                       first.address));
  EXPECT_TRUE(are_same(first_that_listens({refuses.address, refuses.address}), refuses.address));
  const SilentListener silent;
  EXPECT_TRUE(are_same(first_that_listens({silent.address, refuses.address}), refuses.address));
}

TEST(Resolve, AllSilentIsSaidAtOnce) {
  const SilentListener first;
  const SilentListener second;
  EXPECT_THROW((void)first_that_listens({first.address, second.address}), std::runtime_error);
}

}  // namespace
}  // namespace coresweep
