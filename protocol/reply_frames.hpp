// The frames of replies, encoded once for every connection: a reply is a copy of its head, its
// message, and a copy of its trailers, with the stream's number and the lengths written over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "protocol/call_handler.hpp"

namespace coresweep {

/// Writes one connection's replies, in the order in which they leave. It knows what it has put into
/// the peer's header table, so that a reply after the first has two bytes of head and one of
/// trailers.
class ReplyFrames {
 public:
  /// Appends the head of a reply that has a message: HEADERS, then the header of a DATA frame and
  /// the gRPC prefix, both without their lengths. Returns where the DATA frame begins.
  [[nodiscard]] std::size_t append_head(std::string& output, std::uint32_t stream_id);

  /// Writes the lengths of the message that now ends `output` into the DATA frame at `data`.
  static void set_length(std::string& output, std::size_t data);

  void append_trailers(std::string& output, std::uint32_t stream_id);

  /// A gRPC error, as trailers alone.
  void append_error(std::string& output, std::uint32_t stream_id, const CallResult& result);

  /// An answer of HTTP's own, such as 415, without a body.
  void append_status(std::string& output, std::uint32_t stream_id, int http_status);

  /// The peer's limit for our table (SETTINGS_HEADER_TABLE_SIZE, bytes). One below the default
  /// makes us do without a table from here on.
  void limit_table(std::uint32_t size);

 private:
  void append_end(std::string& output, std::uint32_t stream_id, const std::string& frame);
  void insert_update(std::string& output, std::size_t frame);

  // What the peer's table holds by now, or that it is not used.
  enum class Table : std::uint8_t { empty, head, head_and_trailers, unused };
  Table table_ = Table::empty;
  bool update_due_ = false;  // the next block has to begin with the table's new size, 0
};

}  // namespace coresweep
