// What `greeter` can be told, each with its default and its limits.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
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

struct ServerOptions {
  std::string architecture;
  int threads = 1;
  boost::asio::ip::tcp::endpoint listen;
  std::vector<int> pin;  ///< thread i runs on pin[i]; empty: wherever the process may run
  Http2 http2 = Http2::lean;
  int backlog = 0;          ///< of each listener; 0: as long as the kernel allows (somaxconn)
  int max_connections = 0;  ///< open at once; 0: as many as the descriptor limit leaves room for
  /// A connection that has begun something and finishes nothing for so long is closed.
  std::chrono::seconds patience{60};
  StdinEnd stdin_end = StdinEnd::stops;
};

inline constexpr int kMaxThreads = 1'024;

}  // namespace coresweep
