// One request of any form, through each of the two server sessions that speak all of HTTP/2.
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/greeting.hpp"
#include "protocol/grpc_frame.hpp"
#include "protocol/grpc_request.hpp"
#include "protocol/header_block.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/recording_handler.hpp"

namespace coresweep {
namespace {

template <class Session>
class FullSession : public testing::Test {
 protected:
  void SetUp() override {
    std::string preface(http2::kClientPreface);
    http2::append_frame_header(preface, {.type = http2::FrameType::settings});
    send(preface);
    received_.clear();
  }
  void send(std::string_view bytes) {
    status_ = server_.receive(as_bytes(bytes), handler_, received_);
  }
  // HEADERS and DATA of a request; `body` is the whole DATA, its gRPC prefix too.
  void request(const std::vector<HeaderField>& fields, std::string_view body) {
    const std::string block = encode_headers(fields, 0).later;
    std::string bytes;
    http2::append_frame_header(bytes, {.length = static_cast<std::uint32_t>(block.size()),
                                       .type = http2::FrameType::headers,
                                       .flags = http2::kFlagEndHeaders,
                                       .stream_id = stream_id_});
    bytes += block;
    do {
      const std::string_view part = body.substr(0, http2::kMaxFrameSize);
      body.remove_prefix(part.size());
      const std::uint8_t end = body.empty() ? http2::kFlagEndStream : std::uint8_t{0};
      http2::append_frame_header(bytes, {.length = static_cast<std::uint32_t>(part.size()),
                                         .type = http2::FrameType::data,
                                         .flags = end,
                                         .stream_id = stream_id_});
      bytes += part;
      // Frame by frame: what the session consumes opens the window for the next.
      send(bytes);
      bytes.clear();
    } while (!body.empty());
    stream_id_ += 2;
  }
  static std::vector<HeaderField> fields(std::string_view path = kSayHelloPath,
                                         std::string_view type = "application/grpc") {
    return {{":method", "POST"}, {":scheme", "http"},    {":path", path},
            {":authority", "x"}, {"content-type", type}, {"te", "trailers"}};
  }
  static std::string framed(std::string_view message) {
    std::string body;
    append_grpc_prefix(body, message.size());
    return body + std::string(message);
  }
  // Every header of every HEADERS frame received so far, as name=value.
  std::vector<std::string> headers() {
    std::vector<std::string> result;
    (void)frames_.read(as_bytes(received_), [&](const http2::FrameHeader& header, Bytes payload) {
      if (header.type == http2::FrameType::headers) {
        const auto* const decoded = decoder_.decode(
            payload,
            [](std::vector<std::string>& into, std::string_view name, std::string_view value) {
              into.push_back(std::string(name) + "=" + std::string(value));
            });
        EXPECT_NE(decoded, nullptr);
        result.insert(result.end(), decoded->begin(), decoded->end());
      }
      return http2::ErrorCode::no_error;
    });
    received_.clear();
    return result;
  }

  Session server_;
  RecordingHandler handler_;
  std::string received_;
  SessionStatus status_ = SessionStatus::open;
  std::uint32_t stream_id_ = 1;
  http2::FrameReader frames_;
  HeaderBlockDecoder<std::vector<std::string>, 4> decoder_;
};

using FullSessions = testing::Types<LeanServerSession, Nghttp2ServerSession>;
TYPED_TEST_SUITE(FullSession, FullSessions);

using testing::Contains;
using testing::ElementsAre;

TYPED_TEST(FullSession, HandsThePathAndTheMessageOn) {
  this->request(this->fields(kSayHelloPath, "application/grpc+proto"),
                this->framed("\x0a\x05world"));
  EXPECT_THAT(this->handler_.paths, ElementsAre(kSayHelloPath));
  EXPECT_THAT(this->handler_.messages, ElementsAre("\x0a\x05world"));
  EXPECT_THAT(this->headers(),
              ElementsAre(":status=200", "content-type=application/grpc", "grpc-status=0"));
}

TYPED_TEST(FullSession, AnUnknownMethodIsUnimplemented) {
  // Whatever its body looks like: who has no such method cannot judge it.
  for (const std::string& body : {this->framed(""), std::string(), std::string("\1\0\0\0\0", 5)}) {
    this->request(this->fields("/helloworld.Greeter/SayGoodbye"), body);
    EXPECT_THAT(this->headers(),
                ElementsAre(":status=200", "content-type=application/grpc", "grpc-status=12",
                            "grpc-message=unknown method", "grpc-accept-encoding=identity"));
  }
  EXPECT_TRUE(this->handler_.paths.empty());
}

// As a client of a stream of messages does: grpcurl asks for server reflection first.
TYPED_TEST(FullSession, WhatTheHeadersRefuseIsAnsweredBeforeTheEnd) {
  const std::string block =
      encode_headers(this->fields("/grpc.reflection.v1.ServerReflection/X"), 0).later;
  std::string bytes;
  http2::append_frame_header(bytes, {.length = static_cast<std::uint32_t>(block.size()),
                                     .type = http2::FrameType::headers,
                                     .flags = http2::kFlagEndHeaders,
                                     .stream_id = 1});
  this->send(bytes + block);
  std::vector<http2::FrameType> types;
  (void)this->frames_.read(as_bytes(this->received_),
                           [&](const http2::FrameHeader& header, Bytes payload) {
                             types.push_back(header.type);
                             if (header.type == http2::FrameType::rst_stream) {
                               EXPECT_EQ(http2::read_u32(payload.data()), 0U);  // NO_ERROR
                             }
                             return http2::ErrorCode::no_error;
                           });
  EXPECT_THAT(this->headers(), Contains("grpc-status=12"));
  EXPECT_THAT(types, ElementsAre(http2::FrameType::headers, http2::FrameType::rst_stream));
  bytes.clear();
  http2::append_frame_header(bytes, {.length = 0,
                                     .type = http2::FrameType::data,
                                     .flags = http2::kFlagEndStream,
                                     .stream_id = 1});
  this->send(bytes);  // was under way
  EXPECT_EQ(this->status_, SessionStatus::open);
  EXPECT_EQ(this->server_.calls_answered(), 1U);
}

TYPED_TEST(FullSession, WhatIsNotGrpcIs415) {
  for (const char* type : {"text/plain", "application/grpcx", ""}) {
    this->request(this->fields(kSayHelloPath, type), this->framed(""));
    EXPECT_THAT(this->headers(), ElementsAre(":status=415")) << type;
  }
  EXPECT_TRUE(this->handler_.paths.empty());
}

TYPED_TEST(FullSession, AnEncodingThatIsNotIdentityIsUnimplemented) {
  auto with_encoding = this->fields();
  with_encoding.emplace_back("grpc-encoding", "gzip");
  this->request(with_encoding, this->framed(""));
  EXPECT_THAT(this->headers(),
              testing::IsSupersetOf({"grpc-status=12", "grpc-accept-encoding=identity"}));
  EXPECT_TRUE(this->handler_.paths.empty());
}

TYPED_TEST(FullSession, WhatIsNotOneMessageIsInternal) {
  for (const std::string& body : {std::string(), this->framed("abc").substr(0, 6),
                                  this->framed("abc") + "d", std::string("\1\0\0\0\0", 5)}) {
    this->request(this->fields(), body);
    EXPECT_THAT(this->headers(), Contains("grpc-status=13")) << body.size();
  }
  EXPECT_TRUE(this->handler_.paths.empty());
}

TYPED_TEST(FullSession, AMessageAboveTheLimitIsResourceExhausted) {
  this->request(this->fields(), this->framed(std::string(kMaxGrpcMessage, 'x')));
  EXPECT_THAT(this->headers(), Contains("grpc-status=0"));
  this->request(this->fields(), this->framed(std::string(kMaxGrpcMessage + 1, 'x')));
  EXPECT_THAT(this->headers(), Contains("grpc-status=8"));
  this->request(this->fields(), this->framed("x"));
  EXPECT_THAT(this->headers(), Contains("grpc-status=0"));
  EXPECT_EQ(this->status_, SessionStatus::open);
}

// Replies that wait for a window that never comes: the session refuses more than it may hold.
TYPED_TEST(FullSession, WhatOneConnectionMayKeepHereIsBounded) {
  std::string no_window;
  http2::append_frame_header(no_window, {.length = 6, .type = http2::FrameType::settings});
  http2::append_setting(no_window, http2::Setting::initial_window_size, 0);
  this->send(no_window);
  this->received_.clear();
  std::size_t answered = 0;
  std::size_t refused = 0;
  this->handler_.reply_size = 1 << 20;
  for (int i = 0; i < 20; ++i) {
    this->request(this->fields(), this->framed(std::string(1 << 20, 'x')));
    const auto seen = this->headers();
    refused += static_cast<std::size_t>(std::count(seen.begin(), seen.end(), "grpc-status=8"));
    answered += static_cast<std::size_t>(std::count(seen.begin(), seen.end(), ":status=200"));
  }
  EXPECT_EQ(answered, 20U);  // every one, some of them with the refusal
  EXPECT_GE(refused, 20U - TypeParam::kMaxBuffered / (1 << 20));
  EXPECT_LT(refused, 20U);
  EXPECT_EQ(this->status_, SessionStatus::open);
}

// 2^31-1: the client may open no other behind it, and this one is a stream as any.
TYPED_TEST(FullSession, TheLastStreamThereIsIsAnswered) {
  this->stream_id_ = http2::kMaxStreamId;
  this->request(this->fields(), this->framed("x"));
  std::vector<std::uint32_t> streams;
  (void)this->frames_.read(as_bytes(this->received_), [&](const http2::FrameHeader& header, Bytes) {
    if (header.has(http2::kFlagEndStream) && header.type == http2::FrameType::headers) {
      streams.push_back(header.stream_id);
    }
    return http2::ErrorCode::no_error;
  });
  EXPECT_THAT(streams, ElementsAre(0x7fff'ffffU));
  EXPECT_THAT(this->headers(), Contains("grpc-status=0"));
  EXPECT_EQ(this->status_, SessionStatus::open);
}

TYPED_TEST(FullSession, AFrameThatBreaksTheProtocolBreaksTheConnection) {
  std::string bytes;
  http2::append_frame_header(bytes, {.length = 0, .type = http2::FrameType::data, .stream_id = 0});
  this->send(bytes);
  bool said_goaway = false;
  (void)this->frames_.read(as_bytes(this->received_), [&](const http2::FrameHeader& header, Bytes) {
    said_goaway = said_goaway || header.type == http2::FrameType::goaway;
    return http2::ErrorCode::no_error;
  });
  EXPECT_TRUE(said_goaway);
  EXPECT_EQ(this->status_, SessionStatus::broken);
}

}  // namespace
}  // namespace coresweep
