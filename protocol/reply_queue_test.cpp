#include "protocol/reply_queue.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "protocol/http2_frame.hpp"

namespace coresweep {
namespace {

using http2::ErrorCode;

class Queue : public testing::Test {
 protected:
  ServerStream& open(std::uint32_t id, std::size_t reply, std::int64_t window) {
    ServerStream& stream = streams_.open(id);
    stream.reply.assign(reply, 'r');
    stream.send_window = window;
    queue_.add(stream);
    return stream;
  }
  // What leaves now: "1:100" a frame of stream 1, "1." its reply's end.
  std::vector<std::string> send() {
    std::vector<std::string> sent;
    std::string output;
    const auto read = [&] {
      (void)http2::FrameReader().read(as_bytes(output), [&](const auto& header, Bytes payload) {
        sent.push_back(std::to_string(header.stream_id) + ":" + std::to_string(payload.size()));
        return ErrorCode::no_error;
      });
      output.clear();
    };
    queue_.send(streams_, output, [&](ServerStream& stream) {
      read();
      sent.push_back(std::to_string(stream.id) + ".");
      queue_.remove(stream);
      streams_.close(stream);
    });
    read();
    return sent;
  }

  ReplyQueue queue_;
  StreamTable streams_;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Queue, StreamsTakeTurnsFrameByFrame) {
  open(1, 30'000, 1 << 20);
  open(3, 10, 1 << 20);
  open(5, 20'000, 1 << 20);
  EXPECT_THAT(send(),
              ElementsAre("1:16384", "3:10", "3.", "5:16384", "1:13616", "1.", "5:3616", "5."));
}

TEST_F(Queue, AStreamWithoutWindowHoldsUpNobody) {
  ServerStream& first = open(1, 10, 0);
  open(3, 10, 10);
  EXPECT_THAT(send(), ElementsAre("3:10", "3."));
  EXPECT_EQ(queue_.widen(first, 4), ErrorCode::no_error);
  EXPECT_THAT(send(), ElementsAre("1:4"));
  EXPECT_EQ(queue_.widen(first, 100), ErrorCode::no_error);
  EXPECT_THAT(send(), ElementsAre("1:6", "1."));
}

TEST_F(Queue, TheConnectionsWindowIsSharedInTurn) {
  EXPECT_TRUE(queue_.pass(16'384, 65'535));
  EXPECT_TRUE(queue_.pass(16'384, 65'535));
  EXPECT_TRUE(queue_.pass(16'384, 65'535));
  EXPECT_TRUE(queue_.pass(16'379, 65'535));  // 4 bytes are left
  open(1, 10, 100);
  open(3, 10, 100);
  EXPECT_THAT(send(), ElementsAre("1:4"));
  EXPECT_EQ(queue_.widen(8), ErrorCode::no_error);
  EXPECT_THAT(send(), ElementsAre("3:8"));
  EXPECT_EQ(queue_.widen(100), ErrorCode::no_error);
  EXPECT_THAT(send(), ElementsAre("1:6", "1.", "3:2", "3."));
}

TEST_F(Queue, NobodyPassesThoseWhoWait) {
  EXPECT_FALSE(queue_.pass(16'385, 65'535)) << "no frame holds it";
  EXPECT_FALSE(queue_.pass(11, 10)) << "its window does not";
  open(1, 10, 100);
  EXPECT_FALSE(queue_.pass(1, 65'535));
  EXPECT_THAT(send(), ElementsAre("1:10", "1."));
  EXPECT_TRUE(queue_.pass(1, 65'535));
}

TEST_F(Queue, OneThatIsRemovedIsNotSent) {
  ServerStream& first = open(1, 10, 100);
  open(3, 10, 100);
  queue_.remove(first);
  streams_.close(first);
  EXPECT_THAT(send(), ElementsAre("3:10", "3."));
}

TEST_F(Queue, WindowsHaveALimit) {
  ServerStream& stream = open(1, 10, 0);
  EXPECT_EQ(queue_.widen(http2::kMaxWindow - http2::kDefaultWindow), ErrorCode::no_error);
  EXPECT_EQ(queue_.widen(1), ErrorCode::flow_control_error);
  EXPECT_EQ(queue_.widen(stream, http2::kMaxWindow), ErrorCode::no_error);
  EXPECT_EQ(queue_.widen(stream, 1), ErrorCode::flow_control_error);
}

TEST_F(Queue, ALowerInitialWindowMayBeOwed) {
  ServerStream& stream = open(1, 10, 0);
  EXPECT_EQ(queue_.set_initial_window(0, streams_), ErrorCode::no_error);
  EXPECT_EQ(stream.send_window, -65'535);
  EXPECT_THAT(send(), IsEmpty());
  EXPECT_EQ(queue_.set_initial_window(65'545, streams_), ErrorCode::no_error);
  EXPECT_THAT(send(), ElementsAre("1:10", "1."));
}

}  // namespace
}  // namespace coresweep
