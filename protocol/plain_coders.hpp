// nghttp2's header coders with nothing of ours around them: what tests write header blocks with,
// and what they hold our decoder against.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/header_block.hpp"
#include "protocol/http2_frame.hpp"

namespace coresweep::script {

enum class Indexing : std::uint8_t { as_it_likes, never };

struct CodedField {
  HeaderField field;
  Indexing indexing = Indexing::as_it_likes;
};

class PlainDeflater {
 public:
  PlainDeflater() {
    nghttp2_hd_deflater* made = nullptr;
    if (nghttp2_hd_deflate_new(&made, http2::kDefaultHeaderTableSize) != 0) {
      throw std::bad_alloc();
    }
    deflater_.reset(made);
  }

  /// The next block begins with the update. At most the default size.
  [[nodiscard]] bool set_table_size(std::size_t size) {
    return nghttp2_hd_deflate_change_table_size(deflater_.get(), size) == 0;
  }

  [[nodiscard]] std::optional<std::string> encode(const std::vector<CodedField>& fields) {
    std::vector<nghttp2_nv> values;
    for (const auto& [field, indexing] : fields) {
      const auto& [name, value] = field;
      // nghttp2 takes mutable pointers and does not write through them.
      values.push_back(
          {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
           reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
           value.size(),
           static_cast<std::uint8_t>(indexing == Indexing::never ? NGHTTP2_NV_FLAG_NO_INDEX
                                                                 : NGHTTP2_NV_FLAG_NONE)});
    }
    std::string block(nghttp2_hd_deflate_bound(deflater_.get(), values.data(), values.size()),
                      '\0');
    const auto size =
        nghttp2_hd_deflate_hd(deflater_.get(), reinterpret_cast<std::uint8_t*>(block.data()),
                              block.size(), values.data(), values.size());
    if (size < 0) {
      return std::nullopt;
    }
    block.resize(static_cast<std::size_t>(size));
    return block;
  }

 private:
  struct Deleter {
    void operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }
  };
  std::unique_ptr<nghttp2_hd_deflater, Deleter> deflater_;
};

class PlainInflater {
 public:
  PlainInflater() {
    nghttp2_hd_inflater* made = nullptr;
    if (nghttp2_hd_inflate_new(&made) != 0) {
      throw std::bad_alloc();
    }
    inflater_.reset(made);
  }

  [[nodiscard]] bool set_table_size(std::size_t size) {
    return nghttp2_hd_inflate_change_table_size(inflater_.get(), size) == 0;
  }

  /// The fields of `block` as name=value; nothing when it cannot be decoded.
  [[nodiscard]] std::optional<std::vector<std::string>> decode(Bytes block) {
    std::vector<std::string> fields;
    while (true) {
      nghttp2_nv field{};
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, block.data(),
                                               block.size(), /*in_final=*/1);
      if (used < 0) {
        return std::nullopt;
      }
      block = block.subspan(static_cast<std::size_t>(used));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.push_back(std::string(as_text({field.name, field.namelen})) + "=" +
                         std::string(as_text({field.value, field.valuelen})));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return fields;
      }
    }
  }

 private:
  std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> inflater_;
};

}  // namespace coresweep::script
