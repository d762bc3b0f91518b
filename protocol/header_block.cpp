#include "protocol/header_block.hpp"

#include <cassert>
#include <optional>

#include "protocol/http2_frame.hpp"

namespace coresweep {
namespace {

// Removes an integer with a `prefix_bits` prefix (RFC 7541, section 5.1) from the front of `block`.
std::optional<std::size_t> take_integer(Bytes& block, int prefix_bits) {
  if (block.empty()) {
    return std::nullopt;
  }
  const std::size_t prefix_max = (std::size_t{1} << prefix_bits) - 1;
  std::size_t value = block[0] & prefix_max;
  block = block.subspan(1);
  if (value < prefix_max) {
    return value;
  }
  // Four bytes more hold every length that fits a frame: longer ones are not worth caching.
  for (int shift = 0; shift < 28; shift += 7) {
    if (block.empty()) {
      return std::nullopt;
    }
    const std::uint8_t byte = block[0];
    block = block.subspan(1);
    value += static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

bool skip_string(Bytes& block) {
  const auto size = take_integer(block, 7);
  if (!size || *size > block.size()) {
    return false;
  }
  block = block.subspan(*size);
  return true;
}

}  // namespace

bool leaves_table_unchanged(Bytes block) {
  while (!block.empty()) {
    const std::uint8_t first = block[0];
    if ((first & 0x80) != 0) {  // indexed
      if (!take_integer(block, 7)) {
        return false;
      }
    } else if ((first & 0xe0) != 0) {  // with incremental indexing, or a table size update
      return false;
    } else {  // without indexing, or never indexed
      const auto name_index = take_integer(block, 4);
      if (!name_index || (*name_index == 0 && !skip_string(block)) || !skip_string(block)) {
        return false;
      }
    }
  }
  return true;
}

std::vector<std::string> encode_in_turn(const std::vector<std::vector<HeaderField>>& lists,
                                        std::size_t table_size) {
  nghttp2_hd_deflater* deflater = nullptr;
  [[maybe_unused]] const int made =
      nghttp2_hd_deflate_new(&deflater, http2::kDefaultHeaderTableSize);
  assert(made == 0);
  if (table_size < http2::kDefaultHeaderTableSize) {
    nghttp2_hd_deflate_change_table_size(deflater, table_size);
  }
  std::vector<std::string> blocks;
  for (const auto& fields : lists) {
    // nghttp2 takes mutable pointers and does not write through them.
    std::vector<nghttp2_nv> values;
    for (const auto& [name, value] : fields) {
      values.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                        name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string block(nghttp2_hd_deflate_bound(deflater, values.data(), values.size()), '\0');
    const auto size = nghttp2_hd_deflate_hd(deflater, reinterpret_cast<std::uint8_t*>(block.data()),
                                            block.size(), values.data(), values.size());
    assert(size > 0);
    block.resize(static_cast<std::size_t>(size));
    blocks.push_back(std::move(block));
  }
  nghttp2_hd_deflate_del(deflater);
  return blocks;
}

EncodedHeaders encode_headers(const std::vector<HeaderField>& fields, std::size_t table_size) {
  std::vector<std::string> blocks = encode_in_turn({fields, fields}, table_size);
  if (!leaves_table_unchanged(as_bytes(blocks[1]))) {  // they push one another out of the table
    blocks = encode_in_turn({fields, fields}, 0);
  }
  return {std::move(blocks[0]), std::move(blocks[1])};
}

}  // namespace coresweep
