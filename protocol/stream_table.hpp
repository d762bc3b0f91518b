// The streams of one connection that are not done at once: requests that came in parts, replies
// that wait for window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/grpc_request.hpp"

namespace coresweep {

struct ServerStream {
  std::uint32_t id = 0;
  bool request_ended = false;
  bool in_line = false;              ///< of the replies that may be sent
  std::uint32_t unacknowledged = 0;  ///< bytes of DATA that its window was not given back for
  std::int64_t send_window = 0;
  GrpcRequestHead head;
  std::optional<std::uint64_t> content_length;
  std::string body;   ///< the request's DATA so far
  std::string reply;  ///< DATA to send, with its gRPC prefix
  std::size_t reply_sent = 0;

  [[nodiscard]] std::size_t buffered() const { return body.size() + reply.size(); }
};

class StreamTable {
 public:
  /// `id` must be above that of every stream in it, as HTTP/2 wants new ones to be.
  ServerStream& open(std::uint32_t id);

  /// nullptr when there is none.
  [[nodiscard]] ServerStream* find(std::uint32_t id);

  void close(ServerStream& stream);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (const Entry& entry : entries_) {
      visit(*entry.stream);
    }
  }

 private:
  // Few clients have more unfinished calls than this; more are made again when they come.
  static constexpr std::size_t kMostIdle = 32;

  struct Entry {
    std::uint32_t id;
    std::unique_ptr<ServerStream> stream;
  };

  [[nodiscard]] std::vector<Entry>::iterator place_of(std::uint32_t id);

  std::vector<Entry> entries_;  // in the order of their ids
  std::vector<std::unique_ptr<ServerStream>> idle_;
};

}  // namespace coresweep
