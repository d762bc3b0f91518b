#include "protocol/http2_frame.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace coresweep::http2 {
namespace {

struct SeenFrame {
  FrameType type;
  std::uint32_t stream_id;
  std::string payload;
  bool operator==(const SeenFrame&) const = default;
};

std::string three_frames() {
  std::string bytes;
  append_frame_header(bytes, {.length = 5, .type = FrameType::data, .stream_id = 7});
  bytes += "hello";
  append_settings_ack(bytes);
  append_window_update(bytes, 9, 0x01020304);
  return bytes;
}

ErrorCode read_all(FrameReader& reader, std::string_view bytes, std::vector<SeenFrame>& seen) {
  return reader.read(as_bytes(bytes), [&](const FrameHeader& header, Bytes payload) {
    seen.push_back({header.type, header.stream_id, std::string(as_text(payload))});
    return ErrorCode::no_error;
  });
}

TEST(FrameHeader, WrittenIsRead) {
  std::string bytes;
  append_frame_header(bytes, {.length = 0x012345,
                              .type = FrameType::headers,
                              .flags = kFlagEndHeaders,
                              .stream_id = 0x7eadbeef});
  ASSERT_EQ(bytes.size(), kFrameHeaderSize);
  const FrameHeader header = read_frame_header(as_bytes(bytes).data());
  EXPECT_EQ(header.length, 0x012345U);
  EXPECT_EQ(header.type, FrameType::headers);
  EXPECT_TRUE(header.has(kFlagEndHeaders));
  EXPECT_FALSE(header.has(kFlagEndStream));
  EXPECT_EQ(header.stream_id, 0x7eadbeefU);
}

TEST(FrameHeader, TheReservedBitIsIgnored) {
  const std::string bytes("\0\0\0\0\0\xff\xff\xff\xff", 9);
  EXPECT_EQ(read_frame_header(as_bytes(bytes).data()).stream_id, kMaxStreamId);
}

TEST(FrameReader, CutsTheSameFramesWhereverTheInputIsCut) {
  const std::string bytes = three_frames();
  std::vector<SeenFrame> whole;
  FrameReader reader;
  ASSERT_EQ(read_all(reader, bytes, whole), ErrorCode::no_error);
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_EQ(whole[0], (SeenFrame{FrameType::data, 7, "hello"}));
  EXPECT_EQ(whole[2].payload, std::string("\1\2\3\4"));

  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      FrameReader cut_reader;
      std::vector<SeenFrame> seen;
      const std::string_view view = bytes;
      for (const std::string_view part :
           {view.substr(0, first), view.substr(first, second - first), view.substr(second)}) {
        ASSERT_EQ(read_all(cut_reader, part, seen), ErrorCode::no_error);
      }
      ASSERT_EQ(seen, whole) << "cut at " << first << " and " << second;
    }
  }
}

TEST(FrameReader, RefusesAFrameAboveTheLimit) {
  std::string bytes;
  append_frame_header(bytes, {.length = kMaxFrameSize + 1, .type = FrameType::data});
  std::vector<SeenFrame> seen;
  FrameReader at_once;
  EXPECT_EQ(read_all(at_once, bytes, seen), ErrorCode::frame_size_error);
  FrameReader in_two;
  EXPECT_EQ(read_all(in_two, std::string_view(bytes).substr(0, 4), seen), ErrorCode::no_error);
  EXPECT_EQ(read_all(in_two, std::string_view(bytes).substr(4), seen), ErrorCode::frame_size_error);
  EXPECT_TRUE(seen.empty());
}

TEST(FrameReader, StopsAtTheFirstError) {
  int calls = 0;
  FrameReader reader;
  const ErrorCode error = reader.read(as_bytes(three_frames()), [&](const FrameHeader&, Bytes) {
    ++calls;
    return ErrorCode::protocol_error;
  });
  EXPECT_EQ(error, ErrorCode::protocol_error);
  EXPECT_EQ(calls, 1);
}

TEST(StripPadding, RemovesPaddingAndPriority) {
  const std::string padded("\2abc\0\0", 6);
  Bytes payload = as_bytes(padded);
  ASSERT_EQ(strip_padding({.type = FrameType::data, .flags = kFlagPadded}, payload),
            ErrorCode::no_error);
  EXPECT_EQ(as_text(payload), "abc");

  const std::string both(
      "\1"
      "prior"
      "abc\0",
      10);
  payload = as_bytes(both);
  ASSERT_EQ(
      strip_padding({.type = FrameType::headers, .flags = kFlagPadded | kFlagPriority}, payload),
      ErrorCode::no_error);
  EXPECT_EQ(as_text(payload), "abc");
}

TEST(StripPadding, RefusesMorePaddingThanPayload) {
  Bytes payload = as_bytes("\4abc");
  EXPECT_EQ(strip_padding({.type = FrameType::data, .flags = kFlagPadded}, payload),
            ErrorCode::protocol_error);
}

TEST(StripPadding, RefusesAPayloadTooShortForItsFields) {
  Bytes payload;
  EXPECT_EQ(strip_padding({.type = FrameType::data, .flags = kFlagPadded}, payload),
            ErrorCode::frame_size_error);
  payload = as_bytes("four");
  EXPECT_EQ(strip_padding({.type = FrameType::headers, .flags = kFlagPriority}, payload),
            ErrorCode::frame_size_error);
}

}  // namespace
}  // namespace coresweep::http2
