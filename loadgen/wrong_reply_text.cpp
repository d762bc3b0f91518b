#include "loadgen/wrong_reply_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace coresweep {
namespace {

bool is_printable(char letter) { return letter >= ' ' && letter <= '~'; }

// In hex and as letters, a dot for each that is none; three dots stand for what is not shown.
std::string bytes_text(std::string_view bytes, std::size_t from, std::size_t whole,
                       std::string_view more = "") {
  if (whole == 0) {
    return "nothing";
  }
  std::string hex;
  std::string letters;
  for (const char byte : bytes) {
    hex += fmt::format("{:02x} ", static_cast<std::uint8_t>(byte));
    letters += is_printable(byte) ? byte : '.';
  }
  return fmt::format("{}{}{}\"{}\" ({}{} bytes{})", from > 0 ? "... " : "", hex,
                     from + bytes.size() < whole ? "... " : "", letters,
                     from > 0 ? fmt::format("from byte {} of ", from) : "", whole, more);
}

std::string got_text(const WrongReply& reply) {
  const bool is_longer = reply.due_bytes > 0 && reply.got_bytes > reply.due_bytes;
  return bytes_text(reply.got, reply.from, reply.got_bytes, is_longer ? ", read no further" : "");
}

std::string due_text(const WrongReply& reply) {
  return reply.due_bytes > 0 ? bytes_text(reply.due, reply.from, reply.due_bytes)
                             : "one whole uncompressed message";
}

std::string status_text(const WrongReply& reply) {
  std::string text =
      reply.http_status > 0 ? fmt::format("HTTP status {}", reply.http_status) : "no HTTP status";
  text += reply.grpc_status >= 0 ? fmt::format(" and grpc-status {}", reply.grpc_status)
                                 : " and no grpc-status";
  return reply.message.empty() ? text : fmt::format("{} \"{}\"", text, reply.message);
}

}  // namespace

std::string text_of(const WrongReply& reply) {
  if (reply.wrong == WrongReply::Wrong::payload) {
    return fmt::format("{} where {} was due", got_text(reply), due_text(reply));
  }
  return status_text(reply) + (reply.got.empty() ? "" : " with " + got_text(reply));
}

}  // namespace coresweep
