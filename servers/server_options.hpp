// What `greeter` can be told, each with its default and its limits.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coresweep {

/// Who speaks HTTP/2. A factor of its own: the heavier the protocol, the less an architecture
/// shows.
enum class Http2 { lean, nghttp2, null };

struct Http2Name {
  const char* name;
  Http2 http2;
};
inline constexpr std::array<Http2Name, 3> kHttp2Names{
    {{"lean", Http2::lean}, {"nghttp2", Http2::nghttp2}, {"null", Http2::null}}};

enum class StdinEnd {
  stops,    ///< end of stdin is `stop`: the server does not outlive whoever started it
  ignored,  ///< --stay
};

/// A thread that stands still now and then, as for a garbage collection or a slow disk.
struct Stall {
  int thread = 0;
  std::chrono::nanoseconds time{0};  ///< once a second; 0: never
};

struct ServerOptions {
  std::string architecture;
  int threads = 1;
  boost::asio::ip::tcp::endpoint listen;
  std::vector<int> pin;  ///< thread i runs on pin[i]; empty: wherever the process may run
  Http2 http2 = Http2::lean;
  int backlog = 0;          ///< of each listener; 0: as long as the kernel allows (somaxconn)
  bool divides_backlog = false;  ///< among the listeners instead
  int max_connections = 0;  ///< open at once; 0: as many as the descriptor limit leaves room for
  /// A connection that has begun something and finishes nothing for so long is closed.
  std::chrono::seconds patience{60};
  StdinEnd stdin_end = StdinEnd::stops;
  std::chrono::nanoseconds handler_cpu{0};   ///< CPU time that a call takes beside its greeting
  std::chrono::nanoseconds handler_wait{0};  ///< that a call waits before it is answered
  std::uint32_t reply_bytes = 0;  ///< of a reply to who asks for none; 0: as long as the greeting
  Stall stall;
};

/// The CPUs of its threads, in their order; empty where they are not pinned.
[[nodiscard]] inline std::span<const int> pinned_cpus(const ServerOptions& options) {
  const std::span<const int> pin(options.pin);
  return pin.first(std::min(pin.size(), static_cast<std::size_t>(options.threads)));
}

inline constexpr int kMaxThreads = 1'024;

}  // namespace coresweep
