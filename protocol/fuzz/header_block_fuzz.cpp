// HeaderBlockDecoder: whatever blocks come in turn, it says what nghttp2's inflater alone says, so
// that no block is ever taken for an older one that meant something else.
#include <optional>
#include <string>
#include <vector>

#include "protocol/fuzz/fuzz_input.hpp"
#include "protocol/header_block.hpp"

namespace {

using namespace coresweep;  // NOLINT: a main file
using Names = std::vector<std::string>;

void add(Names& names, std::string_view name, std::string_view value) {
  names.push_back(std::string(name) + "=" + std::string(value));
}

// What `inflater` makes of `block`; nothing for an error.
std::optional<Names> inflate(nghttp2_hd_inflater* inflater, Bytes block) {
  Names names;
  while (true) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used =
        nghttp2_hd_inflate_hd2(inflater, &field, &flags, block.data(), block.size(), 1);
    if (used < 0) {
      return std::nullopt;
    }
    block = block.subspan(static_cast<std::size_t>(used));
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      add(names, as_text({field.name, field.namelen}), as_text({field.value, field.valuelen}));
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
      nghttp2_hd_inflate_end_headers(inflater);
      return names;
    }
  }
}

void fuzz(Bytes input) {
  nghttp2_hd_inflater* made = nullptr;
  require(nghttp2_hd_inflate_new(&made) == 0);
  const std::unique_ptr<nghttp2_hd_inflater, InflaterDeleter> reference(made);
  HeaderBlockDecoder<Names, 2> decoder;
  read_in_parts(input, [&](Bytes part) {
    // Said twice, so that the second may be taken for the first.
    for (int i = 0; i < 2; ++i) {
      const std::optional<Names> expected = inflate(reference.get(), part);
      const Names* const decoded = decoder.decode(part, add);
      require((decoded != nullptr) == expected.has_value() || decoder.list_was_too_large());
      if (decoded == nullptr) {
        return false;
      }
      require(*decoded == *expected);
    }
    return true;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({data, size});
  return 0;
}
