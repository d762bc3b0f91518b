#include "protocol/header_block.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/plain_coders.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using Fields = std::vector<std::string>;

using script::CodedField;
using script::Indexing;
using Decoder = HeaderBlockDecoder<Fields, 4>;

// `added` counts the fields that had to be decoded: none for a block that was known.
const Fields* decode(Decoder& decoder, std::string_view block, int& added) {
  return decoder.decode(as_bytes(block),
                        [&](Fields& fields, std::string_view name, std::string_view value) {
                          ++added;
                          fields.push_back(std::string(name) + "=" + std::string(value));
                        });
}

const Fields* decode(Decoder& decoder, std::string_view block) {
  int added = 0;
  return decode(decoder, block, added);
}

// A literal with incremental indexing: one letter, one digit.
std::string insertion(char name, char value) { return {'\x40', 1, name, 1, value}; }

const std::string kNewest("\xbe");                        // index 62: the entry inserted last
const std::string kToNothingAndBack("\x20\x3f\xe1\x1f");  // table size updates to 0, to 4096

TEST(LeavesTableUnchanged, KnowsEveryRepresentation) {
  EXPECT_TRUE(leaves_table_unchanged({}));
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x88")));                 // indexed
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x04\x01/")));            // literal, indexed name
  EXPECT_TRUE(leaves_table_unchanged(as_bytes({"\x00\x01x\x01y", 5})));  // literal, new name
  EXPECT_TRUE(leaves_table_unchanged(as_bytes("\x10\x01x\x01y")));       // never indexed
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x40\x01x\x01y")));      // incremental
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x88\x41\x01/")));       // incremental, second
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x20")));                // size update
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x88\x20")));            // size update, second
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x0f\x2f\x01v\x20")));   // behind a literal
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\x04\x05/")));           // cut short
  EXPECT_FALSE(leaves_table_unchanged(as_bytes("\xff\xff\xff\xff\xff\xff")));  // endless integer
}

TEST(HeaderBlockDecoder, EqualBlocksMeanEqualHeaders) {
  Decoder decoder;
  const auto [first, later] =
      encode_headers({{":status", "200"}, {"content-type", "application/grpc"}}, 4'096);
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
  Decoder decoder;
  ASSERT_NE(decode(decoder, insertion('a', '1')), nullptr);
  EXPECT_THAT(*decode(decoder, kNewest), ElementsAre("a=1"));
  EXPECT_THAT(*decode(decoder, kNewest), ElementsAre("a=1"));
  ASSERT_NE(decode(decoder, insertion('b', '2')), nullptr);
  EXPECT_THAT(*decode(decoder, kNewest), ElementsAre("b=2"));
}

// Nor a name: no field of these blocks is indexed, and still they hang on the table.
class LiteralWithIndexedName : public testing::TestWithParam<std::string> {};

TEST_P(LiteralWithIndexedName, MeansAnotherFieldAfterAnInsertion) {
  Decoder decoder;
  for (const char name : {'a', 'b', 'c'}) {
    ASSERT_NE(decode(decoder, insertion(name, '1')), nullptr);
    for (int i = 0; i < 3; ++i) {
      const Fields* const fields = decode(decoder, GetParam());
      ASSERT_NE(fields, nullptr);
      EXPECT_THAT(*fields, ElementsAre(std::string{name, '=', 'v'}));
    }
  }
}

TEST_P(LiteralWithIndexedName, MeansNothingAfterAnEviction) {
  Decoder decoder;
  ASSERT_NE(decode(decoder, insertion('a', '1')), nullptr);
  ASSERT_NE(decode(decoder, GetParam()), nullptr);
  ASSERT_NE(decode(decoder, GetParam()), nullptr);
  ASSERT_NE(decode(decoder, kToNothingAndBack), nullptr);
  EXPECT_EQ(decode(decoder, GetParam()), nullptr);
}

TEST_P(LiteralWithIndexedName, MeansWhatTookTheEvictedEntrysPlace) {
  Decoder decoder;
  ASSERT_NE(decode(decoder, insertion('a', '1')), nullptr);
  EXPECT_THAT(*decode(decoder, GetParam()), ElementsAre("a=v"));
  EXPECT_THAT(*decode(decoder, kToNothingAndBack + insertion('b', '2')), ElementsAre("b=2"));
  EXPECT_THAT(*decode(decoder, GetParam()), ElementsAre("b=v"));
}

INSTANTIATE_TEST_SUITE_P(HeaderBlockDecoder, LiteralWithIndexedName,
                         testing::Values("\x0f\x2f\x01v", "\x1f\x2f\x01v"),
                         [](const testing::TestParamInfo<std::string>& literal) {
                           return literal.param[0] == '\x0f' ? "WithoutIndexing" : "NeverIndexed";
                         });

TEST(HeaderBlockDecoder, ARepeatIsNotDecodedAgain) {
  Decoder decoder;
  int added = 0;
  ASSERT_NE(decode(decoder, insertion('a', '1'), added), nullptr);
  for (const std::string& block : {kNewest, std::string("\x0f\x2f\x01v")}) {
    added = 0;
    ASSERT_NE(decode(decoder, block, added), nullptr);
    EXPECT_EQ(added, 1);
    ASSERT_NE(decode(decoder, block, added), nullptr);
    EXPECT_EQ(added, 1);
    ASSERT_NE(decode(decoder, insertion('b', '2'), added), nullptr);
    EXPECT_EQ(added, 2);
    ASSERT_NE(decode(decoder, block, added), nullptr);
    EXPECT_EQ(added, 3);
  }
}

TEST(HeaderBlockDecoder, ASizeUpdateThatEvictsEndsWhatWasKnown) {
  Decoder decoder;
  ASSERT_NE(decode(decoder, insertion('a', '1')), nullptr);
  ASSERT_NE(decode(decoder, kNewest), nullptr);
  ASSERT_NE(decode(decoder, kToNothingAndBack + "\x88"), nullptr);
  EXPECT_EQ(decode(decoder, kNewest), nullptr);  // the entry is gone: an error, not a memory
}

TEST(HeaderBlockDecoder, FollowsAPeerThatInsertsResizesAndEvicts) {
  script::PlainDeflater peer;
  Decoder decoder;
  for (int i = 0; i < 300; ++i) {
    if (i % 37 == 36) {
      ASSERT_TRUE(peer.set_table_size(i % 2 == 0 ? 128 : 4'096));
    }
    const std::string value = std::to_string(i / 3 % 11);
    const auto block =
        peer.encode({{{":status", "200"}}, {{"x-turn", value}}, {{"grpc-status", "0"}}});
    const Fields* const fields = decode(decoder, block.value());
    ASSERT_NE(fields, nullptr) << i;
    ASSERT_THAT(*fields, ElementsAre(":status=200", "x-turn=" + value, "grpc-status=0")) << i;
  }
}

// A client that says few things in every way there is, so that most of its blocks repeat bytes said
// before, and some of them mean something else by then.
class RandomClient {
 public:
  explicit RandomClient(std::uint32_t seed) : random_(seed) {}

  std::vector<CodedField> next_fields() {
    static const std::string kTooLongToInsert(70, 'l');  // while the table is small
    static const std::vector<HeaderField> kFields{{":path", "/"},
                                                  {"x-a", "1"},
                                                  {"x-b", "1"},
                                                  {"x-c", "1"},
                                                  {"x-a", "2"},
                                                  {"x-a", kTooLongToInsert},
                                                  {"x-b", kTooLongToInsert}};
    std::vector<CodedField> fields;
    for (std::size_t i = 0; i < 1 + random_() % 2; ++i) {
      fields.push_back({kFields[random_() % kFields.size()],
                        random_() % 3 == 0 ? Indexing::never : Indexing::as_it_likes});
    }
    return fields;
  }
  bool wants_to_resize() { return random_() % 40 == 0; }
  std::size_t next_table_size() {
    static constexpr std::size_t kSizes[]{0, 80, 120, 128, 4'096};
    return kSizes[random_() % std::size(kSizes)];
  }

 private:
  std::mt19937 random_;
};

TEST(HeaderBlockDecoder, MeansWhatAPlainInflaterReadsHoweverTheClientEncodes) {
  int hits = 0;
  std::map<int, int> meant_otherwise;  // by the upper half of the block's first byte
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    RandomClient client(seed);
    script::PlainDeflater deflater;
    script::PlainInflater inflater;
    Decoder decoder;
    std::map<std::string, Fields> said;
    for (int i = 0; i < 1'000; ++i) {
      if (client.wants_to_resize()) {
        ASSERT_TRUE(deflater.set_table_size(client.next_table_size()));
      }
      const std::string block = deflater.encode(client.next_fields()).value();
      const Fields expected = inflater.decode(as_bytes(block)).value();
      int added = 0;
      const Fields* const fields = decode(decoder, block, added);
      ASSERT_NE(fields, nullptr) << "block " << i << " of client " << seed;
      ASSERT_EQ(*fields, expected) << "block " << i << " of client " << seed;
      hits += added == 0 ? 1 : 0;
      Fields& before = said.try_emplace(block, expected).first->second;
      if (before != expected) {
        before = expected;
        ++meant_otherwise[static_cast<unsigned char>(block[0]) >> 4];
      }
    }
  }
  EXPECT_GT(hits, 0);
  // The test is worth something only as far as the dangerous blocks come up.
  EXPECT_GT(meant_otherwise[0x0], 0) << "literals without indexing";
  EXPECT_GT(meant_otherwise[0x1], 0) << "literals never indexed";
  EXPECT_GT(meant_otherwise[0xb] + meant_otherwise[0xc], 0) << "indexed fields";
}

TEST(HeaderBlockDecoder, RefusesWhatCannotBeDecoded) {
  Decoder decoder;
  EXPECT_EQ(decode(decoder, "\xbe"), nullptr);  // an index never inserted
  Decoder cut;
  EXPECT_EQ(decode(cut, std::string("\x04\x05/", 3)), nullptr);  // cut short
}

TEST(HeaderBlockDecoder, RefusesAListAboveTheLimit) {
  Decoder decoder;
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
  Decoder decoder;
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
