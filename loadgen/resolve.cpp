#include "loadgen/resolve.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;

// Of several addresses, all at once: those that drop packets hold up nobody.
constexpr std::chrono::seconds kProbeTimeout(1);

FileDescriptor begin_to_connect(const SocketAddress& address) {
  FileDescriptor probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.is_open() && ::connect(probe.get(), address.get(), address.size) != 0 &&
      errno != EINPROGRESS) {
    probe.reset();
  }
  return probe;
}

enum class Probed : std::uint8_t { takes, fails, is_silent };

Probed wait_for(const FileDescriptor& probe, Clock::time_point deadline) {
  if (!probe.is_open()) {
    return Probed::fails;
  }
  pollfd writable{.fd = probe.get(), .events = POLLOUT, .revents = 0};
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ready = ::poll(&writable, 1, std::max(static_cast<int>(left), 0));
  } while (ready < 0 && errno == EINTR);
  if (ready != 1) {
    return Probed::is_silent;
  }
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(probe.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Probed::takes : Probed::fails;
}

struct Found {
  int error = 0;
  addrinfo* list = nullptr;
};

// The same as for the last answers of a run: what fails ends within 2 s.
constexpr std::chrono::milliseconds kLongestLookUp(1'800);
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
                    error == kNoAnswer ? "no answer within 1.8 s; its address needs none"
                                       : ::gai_strerror(error)));
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
  if (addresses.size() == 1) {
    return addresses.front();
  }
  std::vector<FileDescriptor> probes;
  std::ranges::transform(addresses, std::back_inserter(probes), begin_to_connect);
  const Clock::time_point deadline = Clock::now() + kProbeTimeout;
  const SocketAddress* failed = nullptr;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const Probed found = wait_for(probes[i], deadline);
    if (found == Probed::takes) {
      return addresses[i];
    }
    if (found == Probed::fails && failed == nullptr) {
      failed = &addresses[i];
    }
  }
  if (failed == nullptr) {
    throw std::runtime_error(fmt::format(
        "cannot connect: none of {} addresses answered within 1 s (--target)", addresses.size()));
  }
  return *failed;
}

}  // namespace coresweep
