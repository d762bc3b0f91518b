// One connection to the server: a socket, its session, and what the socket has not taken yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/load_figures.hpp"
#include "loadgen/resolve.hpp"
#include "protocol/client_session.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

class Connection {
 public:
  Connection(const CallTemplate& call, std::uint32_t streams)
      : call_(&call), streams_(streams), session_(call, streams) {}

  /// Begins to connect, with a new session and without waiting. `source` is the address to come
  /// from; nullptr leaves it to the kernel. False when that failed at once: lost_because().
  [[nodiscard]] bool begin_connect(const SocketAddress& to, const SocketAddress* source);

  /// Ends what begin_connect() began, once the socket can be written to. False when nobody took
  /// the connection.
  [[nodiscard]] bool finish_connect();

  /// Between begin_connect() and a finish_connect() that returned true.
  [[nodiscard]] bool connecting() const { return connecting_; }

  /// Reads once into `buffer`, a thread's own. Calls that end are appended to `finished`. False
  /// when the connection is lost or broken: lost_because() says how.
  [[nodiscard]] bool read(std::vector<std::uint8_t>& buffer, std::vector<FinishedCall>& finished);

  /// The last read() filled its buffer: there may be more.
  [[nodiscard]] bool may_have_more() const { return may_have_more_; }

  /// False also while much of what was started has not been taken by the socket: a request that
  /// only waits here would not be sent.
  [[nodiscard]] bool can_start() const {
    return session_.can_start() && output_.size() < kEnoughPending;
  }
  /// Requires can_start().
  void start_call(CallTag tag, std::size_t which) { session_.start_call(tag, output_, which); }

  /// Writes what is pending. False when the connection is lost.
  [[nodiscard]] bool flush();

  /// A reset is abortive: the peer sees it at once, and no port waits for what may still come.
  enum class Close { orderly, reset };
  /// Returns what TCP had sent on it; nothing when it was not open.
  Segments close(Close how);

  /// What TCP has sent since it began to connect; nothing when it is not open.
  [[nodiscard]] Segments segments() const;

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] bool write_pending() const { return connecting_ || !output_.empty(); }
  [[nodiscard]] const ClientSession& session() const { return session_; }
  [[nodiscard]] const std::string& lost_because() const { return lost_because_; }
  /// The system's error that it was lost by; 0 when it was another reason.
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] bool broke_protocol() const { return !session_.broken_because().empty(); }

 private:
  static constexpr std::size_t kEnoughPending = 65'536;

  // Keeps the reason. Always false.
  bool fail(int error);

  const CallTemplate* call_;
  std::uint32_t streams_;
  bool connecting_ = false;
  bool may_have_more_ = false;
  int error_ = 0;
  FileDescriptor socket_;
  ClientSession session_;
  std::string output_;
  std::string lost_because_;
};

}  // namespace coresweep
