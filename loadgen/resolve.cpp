#include "loadgen/resolve.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/time.h>

#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

// Of one address among several, so that one that drops packets does not hold up the others.
constexpr timeval kProbeTimeout{.tv_sec = 1, .tv_usec = 0};

bool listens(const SocketAddress& address) {
  const FileDescriptor probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe.is_open()) {
    return false;
  }
  // Bounds a blocking connect too: Linux, socket(7).
  ::setsockopt(probe.get(), SOL_SOCKET, SO_SNDTIMEO, &kProbeTimeout, sizeof(kProbeTimeout));
  return ::connect(probe.get(), address.get(), address.size) == 0;
}

struct Found {
  int error = 0;
  addrinfo* list = nullptr;
};

constexpr std::chrono::seconds kLongestLookUp(5);
constexpr int kNoAnswer = 1;  // the library's own errors are below 0

// A resolver may ask several servers several times, for half a minute. Nobody can stop it, so it is
// left behind.
Found look_up(const std::string& host, std::uint16_t port) {
  std::promise<Found> promise;
  std::future<Found> future = promise.get_future();
  std::thread([host, port, handed = std::move(promise)]() mutable {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    Found found;
    found.error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found.list);
    handed.set_value(found);
  }).detach();
  return future.wait_for(kLongestLookUp) == std::future_status::ready ? future.get()
                                                                      : Found{.error = kNoAnswer};
}

}  // namespace

std::vector<SocketAddress> resolve(const std::string& host, std::uint16_t port) {
  const auto [error, list] = look_up(host, port);
  if (error != 0) {
    throw std::runtime_error(
        fmt::format("cannot resolve '{}': {} (--target)", host,
                    error == kNoAnswer ? "no answer within 5 s" : ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, ::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
  }
  return addresses;
}

SocketAddress first_that_listens(const std::vector<SocketAddress>& addresses) {
  if (addresses.size() > 1) {
    for (const SocketAddress& address : addresses) {
      if (listens(address)) {
        return address;
      }
    }
  }
  return addresses.front();
}

}  // namespace coresweep
