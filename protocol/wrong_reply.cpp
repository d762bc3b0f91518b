#include "protocol/wrong_reply.hpp"

#include <algorithm>
#include <utility>

#include "protocol/grpc_frame.hpp"

namespace coresweep {
namespace {

// Of an uncompressed message's prefix the first `size` bytes, which say `announced` so far.
std::string prefix_as_read(std::uint32_t announced, std::size_t size) {
  const std::size_t missing = size < 2 ? 0 : kGrpcPrefixSize - size;
  std::string prefix;
  append_grpc_prefix(prefix, std::size_t{announced} << 8 * missing);
  return prefix.substr(0, size);
}

}  // namespace

void WrongReplies::see(std::uint32_t stream_id, Bytes due, std::size_t before, Bytes part) {
  if (first_) {
    return;
  }
  const auto [place, is_new] = seen_.try_emplace(stream_id);
  Seen& seen = place->second;
  if (is_new) {
    const Bytes rest = due.subspan(std::min(before, due.size()));
    const auto parting = std::ranges::mismatch(part, rest).in1;
    seen.from = begin_of(before + static_cast<std::size_t>(parting - part.begin()));
    if (seen.from < before) {  // what came before was right
      append(seen.bytes, due.first(before).subspan(seen.from));
    }
  }
  const std::size_t next = seen.from + seen.bytes.size();
  if (next >= before) {
    const Bytes fresh = part.subspan(next - before);
    append(seen.bytes,
           fresh.first(std::min(fresh.size(), WrongReply::kMostBytes - seen.bytes.size())));
  }
}

// What nobody has shown us was right as far as it came.
void WrongReplies::end(std::uint32_t stream_id, std::string_view due, std::uint32_t announced,
                       WrongReply reply) {
  if (first_) {
    return;
  }
  const std::size_t size = reply.got_bytes;
  if (const auto seen = seen_.find(stream_id); seen != seen_.end()) {
    reply.from = seen->second.from;
    reply.got = std::move(seen->second.bytes);
  } else if (reply.wrong == WrongReply::Wrong::payload && !due.empty()) {
    reply.from = begin_of(size);
    reply.got = due.substr(reply.from, size - reply.from);
  } else if (reply.wrong == WrongReply::Wrong::payload) {
    reply.got = prefix_as_read(announced, std::min(size, kGrpcPrefixSize));
  }
  reply.due = due.substr(reply.from, WrongReply::kMostBytes);
  reply.due_bytes = due.size();
  first_ = std::move(reply);
  seen_.clear();
}

}  // namespace coresweep
