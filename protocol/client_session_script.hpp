// A client session that has been greeted, for tests that write the server's frames by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/server_script.hpp"

namespace coresweep::script {

class ClientSessionTest : public testing::Test {
 protected:
  ClientSessionTest() : call_(make_call_template("x", "/a.B/C", "ask", "answer")) {
    client_.open(sent_);
    EXPECT_TRUE(receive(settings({})));
    sent_.clear();
  }

  bool receive(std::string_view bytes) {
    return client_.receive(as_bytes(bytes), finished_, sent_);
  }

  void start(std::uint64_t calls) {
    for (std::uint64_t tag = 0; tag < calls; ++tag) {
      ASSERT_TRUE(client_.can_start());
      client_.start_call({tag}, sent_);
    }
    sent_.clear();
  }
  // What the client has said since this was last asked, headers left out.
  std::string said() {
    std::string result;
    http2::FrameReader reader;
    const http2::ErrorCode error =
        reader.read(as_bytes(sent_), [&](const http2::FrameHeader& header, Bytes payload) {
          if (header.type != http2::FrameType::headers) {
            result += frame(header.type, header.flags, header.stream_id, as_text(payload));
          }
          return http2::ErrorCode::no_error;
        });
    EXPECT_EQ(error, http2::ErrorCode::no_error);
    sent_.clear();
    return result;
  }
  CallOutcome only_outcome() {
    EXPECT_EQ(finished_.size(), 1U);
    return finished_.empty() ? CallOutcome::answered : finished_.front().outcome;
  }
  std::string header_block_sent() {
    const http2::FrameHeader header = http2::read_frame_header(as_bytes(sent_).data());
    EXPECT_EQ(header.type, http2::FrameType::headers);
    return sent_.substr(http2::kFrameHeaderSize, header.length);
  }

  CallTemplate call_;
  ClientSession client_{call_, 4};
  std::string sent_;
  std::vector<FinishedCall> finished_;
};

}  // namespace coresweep::script
