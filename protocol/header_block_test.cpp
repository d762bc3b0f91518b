#include "protocol/header_block.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace coresweep {
namespace {

using testing::ElementsAre;
using Fields = std::vector<std::string>;

// A deflater of nghttp2's: the peer that inserts, resizes and evicts.
class Peer {
 public:
  Peer() { EXPECT_EQ(nghttp2_hd_deflate_new(&deflater_, 4'096), 0); }
  ~Peer() { nghttp2_hd_deflate_del(deflater_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void resize(std::size_t size) {
    EXPECT_EQ(nghttp2_hd_deflate_change_table_size(deflater_, size), 0);
  }
  std::string encode(const std::vector<HeaderField>& fields) {
    std::vector<nghttp2_nv> values;
    for (const auto& [name, value] : fields) {
      values.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
                        name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string block(nghttp2_hd_deflate_bound(deflater_, values.data(), values.size()), '\0');
    const auto size =
        nghttp2_hd_deflate_hd(deflater_, reinterpret_cast<std::uint8_t*>(block.data()),
                              block.size(), values.data(), values.size());
    EXPECT_GT(size, 0);
    block.resize(static_cast<std::size_t>(size));
    return block;
  }

 private:
  nghttp2_hd_deflater* deflater_ = nullptr;
};

const Fields* decode(HeaderBlockDecoder<Fields, 4>& decoder, std::string_view block) {
  return decoder.decode(as_bytes(block),
                        [](Fields& fields, std::string_view name, std::string_view value) {
                          fields.push_back(std::string(name) + "=" + std::string(value));
                        });
}

TEST(LeavesTableUnchanged, KnowsEveryRepresentation) {
  EXPECT_TRUE(leaves_table_unchanged({}));
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x88")));                 // indexed
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x04\x01/")));            // literal, indexed name
  EXPECT_TRUE(leaves_table_unchanged(as_bytes({"\x00\x01x\x01y", 5})));  // literal, new name
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x10\x01x\x01y")));       // never indexed
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x40\x01x\x01y")));      // incremental
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x88\x41\x01/")));       // incremental, second
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x20")));                // size update
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x04\x05/")));           // cut short
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\xff\xff\xff\xff\xff\xff")));  // endless integer
}

TEST(HeaderBlockDecoder, EqualBlocksMeanEqualHeaders) {
  Peer peer;
  HeaderBlockDecoder<Fields, 4> decoder;
  const std::vector<HeaderField> reply{{":status", "200"}, {"content-type", "application/grpc"}};
  const std::string first = peer.encode(reply);
  const std::string later = peer.encode(reply);
  ASSERT_NE(first, later);
  for (const std::string& block : {first, later, later, later}) {
    const Fields* const fields = decode(decoder, block);
    ASSERT_NE(fields, nullptr);
    EXPECT_THAT(*fields, ElementsAre(":status=200", "content-type=application/grpc"));
  }
}

// The case the rule is about: the same bytes, another meaning, because an insertion in between
// moved what the index points to.
TEST(HeaderBlockDecoder, AnInsertionEndsWhatWasKnown) {
  HeaderBlockDecoder<Fields, 4> decoder;
  const std::string insert_a(
      "\x40\x01"
      "a"
      "\x01"
      "1",
      5);
  const std::string insert_b(
      "\x40\x01"
      "b"
      "\x01"
      "2",
      5);
  const std::string newest("\xbe", 1);  // index 62: the entry inserted last
  ASSERT_NE(decode(decoder, insert_a), nullptr);
  EXPECT_THAT(*decode(decoder, newest), ElementsAre("a=1"));
  EXPECT_THAT(*decode(decoder, newest), ElementsAre("a=1"));
  ASSERT_NE(decode(decoder, insert_b), nullptr);
  EXPECT_THAT(*decode(decoder, newest), ElementsAre("b=2"));
}

TEST(HeaderBlockDecoder, ASizeUpdateThatEvictsEndsWhatWasKnown) {
  HeaderBlockDecoder<Fields, 4> decoder;
  const std::string newest("\xbe", 1);
  ASSERT_NE(decode(decoder, std::string("\x40\x01"
                                        "a"
                                        "\x01"
                                        "1",
                                        5)),
            nullptr);
  ASSERT_NE(decode(decoder, newest), nullptr);
  ASSERT_NE(decode(decoder, std::string("\x20\x3f\xe1\x1f\x88", 5)), nullptr);  // to 0, to 4096
  EXPECT_EQ(decode(decoder, newest), nullptr);  // the entry is gone: an error, not a memory
}

TEST(HeaderBlockDecoder, FollowsAPeerThatInsertsResizesAndEvicts) {
  Peer peer;
  HeaderBlockDecoder<Fields, 4> decoder;
  for (int i = 0; i < 300; ++i) {
    if (i % 37 == 36) {
      peer.resize(i % 2 == 0 ? 128 : 4'096);
    }
    const std::string value = std::to_string(i / 3 % 11);
    const Fields* const fields =
        decode(decoder, peer.encode({{":status", "200"}, {"x-turn", value}, {"grpc-status", "0"}}));
    ASSERT_NE(fields, nullptr) << i;
    ASSERT_THAT(*fields, ElementsAre(":status=200", "x-turn=" + value, "grpc-status=0")) << i;
  }
}

TEST(HeaderBlockDecoder, RefusesWhatCannotBeDecoded) {
  HeaderBlockDecoder<Fields, 4> decoder;
  EXPECT_EQ(decode(decoder, "\xbe"), nullptr);  // an index never inserted
  HeaderBlockDecoder<Fields, 4> cut;
  EXPECT_EQ(decode(cut, std::string("\x04\x05/", 3)), nullptr);  // cut short
}

TEST(HeaderBlockDecoder, RefusesAListAboveTheLimit) {
  HeaderBlockDecoder<Fields, 4> decoder;
  std::string block("\x40\x01x\x7f\xd1\x0e", 6);  // a value of 2,000 bytes, inserted
  block += std::string(2'000, 'y');
  ASSERT_NE(decode(decoder, block), nullptr);
  EXPECT_EQ(decode(decoder, std::string(40, '\xbe')), nullptr);  // a bomb: 40 bytes, 80 KB
  EXPECT_TRUE(decoder.list_was_too_large());
}

TEST(EncodeHeaders, LaterBlocksAreSmallAndAlwaysTheSame) {
  const std::vector<HeaderField> fields{
      {":method", "POST"}, {":path", "/a.B/C"}, {"te", "trailers"}};
  const EncodedHeaders encoded = encode_headers(fields, 4'096);
  EXPECT_LT(encoded.later.size(), encoded.first.size());
  EXPECT_TRUE(leaves_table_unchanged(as_bytes(encoded.later)));
  HeaderBlockDecoder<Fields, 4> decoder;
  for (const std::string& block : {encoded.first, encoded.later, encoded.later}) {
    EXPECT_THAT(*decode(decoder, block),
                ElementsAre(":method=POST", ":path=/a.B/C", "te=trailers"));
  }
}

TEST(EncodeHeaders, ForAPeerWithoutATableNothingIsInserted) {
  const EncodedHeaders encoded = encode_headers({{":method", "POST"}, {"te", "trailers"}}, 0);
  EXPECT_EQ(encoded.first[0], '\x20');  // the size update to 0 comes first
  EXPECT_TRUE(leaves_table_unchanged(as_bytes(encoded.later)));
  EXPECT_EQ(encoded.first.substr(1), encoded.later);
}

}  // namespace
}  // namespace coresweep
