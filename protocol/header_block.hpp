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
/// `Meaning` is cheap to copy and is built by `add_field(meaning, name, value)`.
template <class Meaning>
class HeaderBlockDecoder {
 public:
  /// What `block` means, or nullptr for a compression error (a connection error), or for a list
  /// larger than kMaxListSize. The pointer is good until the next call.
  template <class AddField>
  [[nodiscard]] const Meaning* decode(Bytes block, AddField&& add_field);

  static constexpr std::size_t kMaxListSize = 16'384;

 private:
  // A server sends two kinds of block, a client one or two: more entries would only be searched.
  static constexpr std::size_t kEntries = 4;
  static constexpr std::size_t kMaxCachedBlock = 256;

  struct Entry {
    std::string block;
    Meaning meaning;
  };

  template <class AddField>
  [[nodiscard]] bool inflate(Bytes block, Meaning& meaning, AddField&& add_field);

  std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> inflater_;
  std::array<Entry, kEntries> entries_;
  std::size_t next_entry_ = 0;
  Meaning uncached_{};
};

template <class Meaning>
template <class AddField>
const Meaning* HeaderBlockDecoder<Meaning>::decode(Bytes block, AddField&& add_field) {
  const std::string_view text = as_text(block);
  for (const Entry& entry : entries_) {
    if (!entry.block.empty() && entry.block == text) {
      return &entry.meaning;
    }
  }
  Meaning meaning{};
  if (!inflate(block, meaning, add_field)) {
    return nullptr;
  }
  if (!leaves_table_unchanged(block)) {
    // An indexed field may point elsewhere from now on.
    for (Entry& entry : entries_) {
      entry.block.clear();
    }
  } else if (!text.empty() && text.size() <= kMaxCachedBlock) {
    Entry& entry = entries_[next_entry_++ % kEntries];
    entry = {std::string(text), meaning};
    return &entry.meaning;
  }
  uncached_ = meaning;
  return &uncached_;
}

template <class Meaning>
template <class AddField>
bool HeaderBlockDecoder<Meaning>::inflate(Bytes block, Meaning& meaning, AddField&& add_field) {
  if (!inflater_) {
    nghttp2_hd_inflater* inflater = nullptr;
    if (nghttp2_hd_inflate_new(&inflater) != 0) {
      return false;
    }
    inflater_.reset(inflater);
  }
  std::size_t list_size = 0;
  while (true) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, block.data(),
                                             block.size(), /*in_final=*/1);
    if (used < 0) {
      return false;
    }
    block = block.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      list_size += field.namelen + field.valuelen + 32;  // RFC 9113, section 6.5.2
      if (list_size > kMaxListSize) {
        return false;
      }
      add_field(meaning, as_text({field.name, field.namelen}),
                as_text({field.value, field.valuelen}));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
      return true;
    }
    if (used == 0 && (flags & NGHTTP2_HD_INFLATE_EMIT) == 0) {
      return false;
    }
  }
}

/// One header list, encoded for use again and again on any connection.
struct EncodedHeaders {
  std::string first;  ///< the first block a connection sends: it fills the dynamic table
  std::string later;  ///< every block after that: mostly indexed, the same bytes each time
};

/// Encodes `fields` for a peer whose decoder's table holds `table_size` bytes.
/// `first` begins with the table size update that a size other than the default asks for.
[[nodiscard]] EncodedHeaders encode_headers(const std::vector<HeaderField>& fields,
                                            std::size_t table_size);

}  // namespace coresweep
