#include "support/hdr_encoding.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "support/base64.hpp"

namespace coresweep {
namespace {

// The two formats' numbers, each with the size of its words in its second lowest digit.
constexpr std::uint32_t kCompressedV2 = 0x1c849314;
constexpr std::uint32_t kPlainV2 = 0x1c849313;
constexpr std::uint32_t kDigits = 3;
constexpr std::uint64_t kLowest = 1;
constexpr std::size_t kPlainHeader = 40;
// What a histogram of ours can come to: its header, and nine bytes a bucket.
constexpr std::size_t kMostPlain = kPlainHeader + 9 * Histogram::kBuckets;

[[noreturn]] void refuse(const std::string& why) { throw HdrError("no HdrHistogram: " + why); }

template <class Integer>
void append_big_endian(std::string& output, Integer value) {
  for (int shift = std::numeric_limits<Integer>::digits - 8; shift >= 0; shift -= 8) {
    output += static_cast<char>(value >> shift);
  }
}

template <class Integer>
Integer take_big_endian(std::string_view& input) {
  if (input.size() < sizeof(Integer)) {
    refuse("it is cut short");
  }
  Integer value = 0;
  for (const char byte : input.substr(0, sizeof(Integer))) {
    value = static_cast<Integer>(value << 8 | static_cast<std::uint8_t>(byte));
  }
  input.remove_prefix(sizeof(Integer));
  return value;
}

// ZigZag, then seven bits a byte, the lowest first; a ninth byte has eight.
void append_count(std::string& output, std::int64_t value) {
  auto left = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  for (int i = 0; i < 8 && left > 0x7f; ++i, left >>= 7) {
    output += static_cast<char>(left | 0x80);
  }
  output += static_cast<char>(left);
}

std::int64_t take_count(std::string_view& input) {
  std::uint64_t zigzag = 0;
  for (int i = 0; i < 9; ++i) {
    const auto byte = take_big_endian<std::uint8_t>(input);
    zigzag |= std::uint64_t{i < 8 ? byte & 0x7fU : byte} << (7 * i);
    if (byte <= 0x7f) {
      break;
    }
  }
  return static_cast<std::int64_t>(zigzag >> 1 ^ (0 - (zigzag & 1)));
}

std::string encode_counts(std::span<const std::uint64_t> counts) {
  std::string encoded;
  std::int64_t zeros = 0;
  for (const std::uint64_t count : counts) {
    if (count == 0) {
      ++zeros;
      continue;
    }
    if (zeros > 0) {
      append_count(encoded, -zeros);
      zeros = 0;
    }
    append_count(encoded, static_cast<std::int64_t>(count));
  }
  return encoded;
}

std::vector<std::uint64_t> decode_counts(std::string_view encoded) {
  constexpr std::int64_t kMostValues = std::int64_t{1} << 53;
  std::vector<std::uint64_t> counts;
  std::int64_t values = 0;
  while (!encoded.empty()) {
    const std::int64_t count = take_count(encoded);
    // Compared without negating: the least number has no opposite.
    const std::int64_t room = static_cast<std::int64_t>(Histogram::kBuckets - counts.size());
    if (count < -room || room == 0) {
      refuse("it counts values above 100 s");
    }
    if (count > kMostValues - values) {
      refuse("it counts more values than anybody has measured");
    }
    if (count >= 0) {
      values += count;
      counts.push_back(static_cast<std::uint64_t>(count));
    } else {
      counts.resize(counts.size() + static_cast<std::size_t>(-count));
    }
  }
  return counts;
}

std::string deflate(const std::string& plain) {
  uLongf size = ::compressBound(plain.size());
  std::string packed(size, '\0');
  if (::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                 reinterpret_cast<const Bytef*>(plain.data()), plain.size()) != Z_OK) {
    throw std::bad_alloc();
  }
  packed.resize(size);
  return packed;
}

std::string inflate(std::string_view packed) {
  std::string plain(kMostPlain, '\0');
  uLongf size = plain.size();
  if (::uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                   reinterpret_cast<const Bytef*>(packed.data()), packed.size()) != Z_OK) {
    refuse("it does not unpack");
  }
  plain.resize(size);
  return plain;
}

}  // namespace

std::string encode_hdr(const Histogram& histogram) {
  const std::string counts = encode_counts(histogram.counts());
  std::string plain;
  append_big_endian(plain, kPlainV2);
  append_big_endian(plain, static_cast<std::uint32_t>(counts.size()));
  append_big_endian(plain, std::uint32_t{0});  // no normalizing offset
  append_big_endian(plain, kDigits);
  append_big_endian(plain, kLowest);
  append_big_endian(plain, Histogram::kHighest);
  append_big_endian(plain, std::bit_cast<std::uint64_t>(1.0));  // of a count to a value's unit
  plain += counts;
  const std::string packed = deflate(plain);
  std::string bytes;
  append_big_endian(bytes, kCompressedV2);
  append_big_endian(bytes, static_cast<std::uint32_t>(packed.size()));
  return encode_base64(bytes + packed);
}

Histogram decode_hdr(std::string_view text) {
  const std::optional<std::string> bytes = decode_base64(text);
  if (!bytes) {
    refuse("it is not base64");
  }
  std::string_view packed = *bytes;
  if (take_big_endian<std::uint32_t>(packed) != kCompressedV2) {
    refuse("it is not in the compressed V2 encoding");
  }
  if (take_big_endian<std::uint32_t>(packed) != packed.size()) {
    refuse("it is not as long as it says");
  }
  const std::string unpacked = inflate(packed);
  std::string_view plain = unpacked;
  if (take_big_endian<std::uint32_t>(plain) != kPlainV2) {
    refuse("what it unpacks to is not in the V2 encoding");
  }
  const auto size = take_big_endian<std::uint32_t>(plain);
  const auto offset = take_big_endian<std::uint32_t>(plain);
  const auto digits = take_big_endian<std::uint32_t>(plain);
  const auto lowest = take_big_endian<std::uint64_t>(plain);
  const auto highest = take_big_endian<std::uint64_t>(plain);
  const auto ratio = std::bit_cast<double>(take_big_endian<std::uint64_t>(plain));
  if (offset != 0 || digits != kDigits || lowest != kLowest || highest != Histogram::kHighest ||
      ratio != 1.0) {
    refuse(fmt::format("its buckets are not ours: {} to {} with {} digits, not {} to {} with {}",
                       lowest, highest, digits, kLowest, Histogram::kHighest, kDigits));
  }
  if (size != plain.size()) {
    refuse("its counts are not as long as it says");
  }
  return Histogram(decode_counts(plain));
}

}  // namespace coresweep
