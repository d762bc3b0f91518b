// Compressed header blocks (RFC 7541). Decoding is nghttp2's inflater; ours is the rule that spares
// it most of the work: a block byte-identical to one already decoded means the same headers, as
// long as nothing has changed the dynamic table in between.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/bytes.hpp"

namespace coresweep {

using HeaderField = std::pair<std::string_view, std::string_view>;

/// True when decoding `block` leaves the dynamic table as it was: only indexed fields and literals
/// without indexing or never indexed (RFC 7541, section 6). False for anything else, and for a
/// block that is cut short.
[[nodiscard]] bool leaves_table_unchanged(Bytes block);

struct InflaterDeleter {
  void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
};

/// Decodes one connection's header blocks into what they mean to the caller.
/// `Meaning` is cheap to copy and is built by `add_field(meaning, name, value)`. The last
/// `kEntries` blocks that the rule holds for are remembered: as many as the peer has kinds of
/// block, since more would only be searched.
template <class Meaning, std::size_t kEntries>
class HeaderBlockDecoder {
 public:
  /// What `block` means, or nullptr: for a compression error, or when list_was_too_large(). Both
  /// are errors of the connection. The pointer is good until the next call; what the caller notes
  /// there is found again with the next identical block.
  template <class AddField>
  [[nodiscard]] Meaning* decode(Bytes block, AddField&& add_field);

  /// The last list was above kMaxListSize, in bytes as RFC 9113, section 6.5.2, counts them.
  [[nodiscard]] bool list_was_too_large() const { return list_was_too_large_; }

  static constexpr std::size_t kMaxListSize = 65'536;

 private:
  static constexpr std::size_t kMaxCachedBlock = 256;

  struct Entry {
    std::string block;
    Meaning meaning;
  };
  // Made at the first block: most of what an idle connection would cost.
  struct State {
    std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> inflater;
    std::array<Entry, kEntries> entries;
    std::size_t next_entry = 0;
    Meaning uncached{};
  };

  [[nodiscard]] bool make_state();
  template <class AddField>
  [[nodiscard]] bool inflate(Bytes block, Meaning& meaning, AddField&& add_field);

  std::unique_ptr<State> state_;
  bool list_was_too_large_ = false;
};

template <class Meaning, std::size_t kEntries>
template <class AddField>
Meaning* HeaderBlockDecoder<Meaning, kEntries>::decode(Bytes block, AddField&& add_field) {
  if (!state_ && !make_state()) {
    return nullptr;
  }
  const std::string_view text = as_text(block);
  for (Entry& entry : state_->entries) {
    if (!entry.block.empty() && entry.block == text) {
      return &entry.meaning;
    }
  }
  Meaning& meaning = state_->uncached;
  meaning = Meaning{};
  if (!inflate(block, meaning, add_field)) {
    return nullptr;
  }
  if (!leaves_table_unchanged(block)) {
    // An indexed field may point elsewhere from now on.
    for (Entry& entry : state_->entries) {
      entry.block.clear();
    }
  } else if (!text.empty() && text.size() <= kMaxCachedBlock) {
    Entry& entry = state_->entries[state_->next_entry++ % kEntries];
    entry.block = text;
    entry.meaning = meaning;
    return &entry.meaning;
  }
  return &meaning;
}

template <class Meaning, std::size_t kEntries>
bool HeaderBlockDecoder<Meaning, kEntries>::make_state() {
  nghttp2_hd_inflater* inflater = nullptr;
  if (nghttp2_hd_inflate_new(&inflater) != 0) {
    return false;
  }
  state_ = std::make_unique<State>();
  state_->inflater.reset(inflater);
  return true;
}

template <class Meaning, std::size_t kEntries>
template <class AddField>
bool HeaderBlockDecoder<Meaning, kEntries>::inflate(Bytes block, Meaning& meaning,
                                                    AddField&& add_field) {
  std::size_t list_size = 0;
  while (true) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(state_->inflater.get(), &field, &flags, block.data(),
                                             block.size(), /*in_final=*/1);
    if (used < 0) {
      return false;
    }
    block = block.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      list_size += field.namelen + field.valuelen + 32;
      list_was_too_large_ = list_size > kMaxListSize;
      if (list_was_too_large_) {
        return false;
      }
      add_field(meaning, as_text({field.name, field.namelen}),
                as_text({field.value, field.valuelen}));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(state_->inflater.get());
      return true;
    }
    if (used == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) {
      return false;
    }
  }
}

/// Encodes `lists` one after the other, as one connection's encoder would, for a peer whose
/// decoder's table holds `table_size` bytes. The first block begins with the table size update that
/// a size other than the default asks for.
[[nodiscard]] std::vector<std::string> encode_in_turn(
    const std::vector<std::vector<HeaderField>>& lists, std::size_t table_size);

/// One header list, encoded for use again and again on any connection.
struct EncodedHeaders {
  std::string first;  ///< the first block a connection sends: it fills the dynamic table
  std::string later;  ///< every block after that: mostly indexed, the same bytes each time
};

/// `fields` twice, as by encode_in_turn(); without a table where they do not fit it.
[[nodiscard]] EncodedHeaders encode_headers(const std::vector<HeaderField>& fields,
                                            std::size_t table_size);

}  // namespace coresweep
