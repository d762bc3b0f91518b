#include "protocol/stream_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace coresweep {
namespace {

constexpr std::size_t kKept = 256;  // of a stream's buffers, for the next that uses them

}  // namespace

ServerStream& StreamTable::open(std::uint32_t id) {
  assert(entries_.empty() || entries_.back().id < id);
  std::unique_ptr<ServerStream> stream;
  if (idle_.empty()) {
    stream = std::make_unique<ServerStream>();
  } else {
    stream = std::move(idle_.back());
    idle_.pop_back();
  }
  stream->id = id;
  entries_.push_back({id, std::move(stream)});
  return *entries_.back().stream;
}

std::vector<StreamTable::Entry>::iterator StreamTable::place_of(std::uint32_t id) {
  return std::lower_bound(
      entries_.begin(), entries_.end(), id,
      [](const Entry& entry, std::uint32_t wanted) { return entry.id < wanted; });
}

ServerStream* StreamTable::find(std::uint32_t id) {
  const auto found = place_of(id);
  return found != entries_.end() && found->id == id ? found->stream.get() : nullptr;
}

void StreamTable::close(ServerStream& stream) {
  const auto found = place_of(stream.id);
  assert(found != entries_.end() && found->stream.get() == &stream);
  std::unique_ptr<ServerStream> taken = std::move(found->stream);
  entries_.erase(found);
  if (idle_.size() >= kMostIdle) {
    return;
  }
  taken->request_ended = false;
  taken->in_line = false;
  taken->unacknowledged = 0;
  taken->content_length.reset();
  taken->reply_sent = 0;
  clear_for_reuse(taken->body, kKept);
  clear_for_reuse(taken->reply, kKept);
  idle_.push_back(std::move(taken));
}

}  // namespace coresweep
