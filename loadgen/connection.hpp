// One connection to the server: a socket, its session, and what the socket has not taken yet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/resolve.hpp"
#include "protocol/client_session.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

class Connection {
 public:
  Connection(const CallTemplate& call, std::uint32_t streams) : session_(call, streams) {}

  /// Connects (waits at most five seconds), makes the socket non-blocking, and sends the preface.
  /// Returns an empty string, or what went wrong.
  [[nodiscard]] std::string connect(const SocketAddress& address);

  /// Reads once into `buffer`, a thread's own. Calls that end are appended to `finished`. False
  /// when the connection is lost or broken: lost_because() says how.
  [[nodiscard]] bool read(std::vector<std::uint8_t>& buffer, std::vector<FinishedCall>& finished);

  [[nodiscard]] bool can_start() const { return session_.can_start(); }
  /// Requires can_start().
  void start_call(CallTag tag) { session_.start_call(tag, output_); }

  /// Writes what is pending. False when the connection is lost.
  [[nodiscard]] bool flush();

  void close() { socket_.reset(); }

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] bool write_pending() const { return !output_.empty(); }
  [[nodiscard]] const ClientSession& session() const { return session_; }
  [[nodiscard]] const std::string& lost_because() const { return lost_because_; }
  [[nodiscard]] bool broke_protocol() const { return !session_.broken_because().empty(); }

 private:
  FileDescriptor socket_;
  ClientSession session_;
  std::string output_;
  std::string lost_because_;
};

}  // namespace coresweep
