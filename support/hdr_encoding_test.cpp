#include "support/hdr_encoding.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace coresweep {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

// tests/hdr_test.py compares both ways with the library of another language.

std::string refusal_of(const std::string& text) {
  try {
    (void)decode_hdr(text);
  } catch (const HdrError& error) {
    return error.what();
  }
  return {};
}

Histogram of_random_values() {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> latency(12, 3);
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    histogram.record(static_cast<std::uint64_t>(latency(random)));
  }
  return histogram;
}

TEST(HdrEncoding, KeepsEveryCount) {
  for (const Histogram& histogram : {Histogram(), of_random_values()}) {
    const Histogram read = decode_hdr(encode_hdr(histogram));
    EXPECT_EQ(read.count(), histogram.count());
    EXPECT_THAT(read.counts(), ElementsAreArray(histogram.counts()));
  }
}

TEST(HdrEncoding, KeepsTheEnds) {
  Histogram histogram;
  histogram.record(0);
  histogram.record(Histogram::kHighest);
  const Histogram read = decode_hdr(encode_hdr(histogram));
  EXPECT_THAT(read.counts(), ElementsAreArray(histogram.counts()));
  EXPECT_EQ(read.max(), Histogram::kHighest);
}

TEST(HdrEncoding, ManyOfOneValueNeedAllTheBytesOfTheirCount) {
  for (const int bits : {6, 7, 13, 14, 48, 52}) {
    std::vector<std::uint64_t> counts(5'000);
    counts.back() = std::uint64_t{1} << bits;
    EXPECT_THAT(decode_hdr(encode_hdr(Histogram(counts))).counts(), ElementsAreArray(counts))
        << bits;
  }
}

TEST(HdrEncoding, SaysWhatIsWrongWithAText) {
  EXPECT_THAT(refusal_of("HIST*AAA"), HasSubstr("not base64"));
  EXPECT_THAT(refusal_of("A==="), HasSubstr("not base64"));
  EXPECT_THAT(refusal_of(""), HasSubstr("cut short"));
  EXPECT_THAT(refusal_of("AAAAAAAAAAA="), HasSubstr("compressed V2"));
  std::string text = encode_hdr(of_random_values());
  EXPECT_THAT(refusal_of(text.substr(0, text.size() - 4)), HasSubstr("as long as it says"));
  text[40] = text[40] == 'A' ? 'B' : 'A';
  EXPECT_THAT(refusal_of(text), HasSubstr("unpack"));
}

TEST(HdrEncoding, RefusesOtherBuckets) {
  // HdrHistogram_py: HdrHistogram(1, 3600000000, 2), with the value 1000 recorded once.
  EXPECT_THAT(refusal_of("HISTFAAAACN4nJNpmSzMwMDAzAABTFCaEURcm7yEwf4DROAzOxMAYagFhQ=="),
              HasSubstr("1 to 3600000000 with 2 digits"));
}

// A text that unpacks to `plain`: damage to the text itself would not get past zlib's checksum.
std::string text_of(const std::string& plain) {
  using namespace boost::archive::iterators;
  using Encoded = base64_from_binary<transform_width<std::string::const_iterator, 6, 8>>;
  uLongf size = ::compressBound(plain.size());
  std::string bytes(8 + size, '\0');
  ::compress(reinterpret_cast<Bytef*>(&bytes[8]), &size,
             reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  bytes.resize(8 + size);
  bytes.replace(0, 4, "\x1c\x84\x93\x14", 4);
  for (int i = 0; i < 4; ++i) {
    bytes[static_cast<std::size_t>(4 + i)] = static_cast<char>(size >> (24 - 8 * i));
  }
  std::string text(Encoded(bytes.begin()), Encoded(bytes.end()));
  return text.append((3 - bytes.size() % 3) % 3, '=');
}

std::string header(std::uint8_t counts_size) {
  std::string plain("\x1c\x84\x93\x13\0\0\0\0\0\0\0\0\0\0\0\3", 16);
  plain.append("\0\0\0\0\0\0\0\1\0\0\0\x17\x48\x76\xe8\0\x3f\xf0\0\0\0\0\0\0", 24);
  plain[7] = static_cast<char>(counts_size);
  return plain;
}

TEST(HdrEncoding, SaysWhatIsWrongWithTheCounts) {
  const std::string most(9, '\xff');  // the least number there is
  EXPECT_EQ(refusal_of(text_of(header(1) + "\x02")), "");
  EXPECT_THAT(refusal_of(text_of(header(2) + "\x02")), HasSubstr("counts are not as long"));
  EXPECT_THAT(refusal_of(text_of(header(1) + "\x82")), HasSubstr("cut short"));
  EXPECT_THAT(refusal_of(text_of(header(9) + most)), HasSubstr("above 100 s"));
  EXPECT_THAT(refusal_of(text_of(header(9) + std::string("\xfe") + most.substr(1))),
              HasSubstr("more values"));
  EXPECT_THAT(refusal_of(text_of(header(4) + "\xa5\xb7\x03\x02")), HasSubstr("above 100 s"));
  EXPECT_THAT(refusal_of(text_of(std::string(1'000'000, 'x'))), HasSubstr("unpack"));
}

TEST(HdrEncoding, DamageIsRefusedOrRead) {
  const std::string plain = header(100) + std::string(100, '\x44');
  std::mt19937 random(5);
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string damaged = plain;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    refused += refusal_of(text_of(damaged)).empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 1'000);
  EXPECT_LT(refused, 9'000);
}

}  // namespace
}  // namespace coresweep
