// What a session says of the first reply that was wrong.
#include "protocol/wrong_reply.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/client_session_script.hpp"
#include "protocol/server_script.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using namespace script;  // NOLINT: its words are this file's language
using Wrong = WrongReply::Wrong;

class WrongReplyTest : public ClientSessionTest {
 protected:
  static std::string part(std::uint32_t id, std::string_view bytes) {
    return frame(FrameType::data, 0, id, bytes);
  }
  // Of a session whose right answer is `due` (any when it is empty) and that is told `bytes`.
  static WrongReply told(const std::string& due, const std::string& bytes) {
    const CallTemplate call = make_call_template(
        "x", "/a.B/C", {}, {{.request = "ask", .any_reply = due.empty(), .reply = due}});
    ClientSession client(call, 4);
    std::string sent;
    std::vector<FinishedCall> finished;
    EXPECT_TRUE(client.receive(as_bytes(settings({})), finished, sent));
    client.start_call({}, sent);
    client.start_call({}, sent);
    client.start_call({}, sent);
    EXPECT_TRUE(client.receive(as_bytes(bytes), finished, sent));
    EXPECT_TRUE(client.first_wrong_reply());
    return client.first_wrong_reply().value_or(WrongReply{});
  }
  static void expect(const WrongReply& reply, std::size_t from, const std::string& got,
                     std::size_t got_bytes) {
    EXPECT_EQ(reply.from, from);
    EXPECT_EQ(reply.got, got);
    EXPECT_EQ(reply.got_bytes, got_bytes);
  }
};

TEST_F(WrongReplyTest, RightRepliesAndResetsAreNone) {
  start(3);
  ASSERT_TRUE(receive(answer(1) + head(3) + body(3, "Answer") + rst_stream(3) + answer(5)));
  EXPECT_EQ(finished_.size(), 3U);
  EXPECT_FALSE(client_.first_wrong_reply());
}

TEST_F(WrongReplyTest, ItsBytesStandBesideThoseThatWereDue) {
  const WrongReply reply = told("answer", head(1) + body(1, "Answer") + trailers(1));
  EXPECT_EQ(reply.wrong, Wrong::payload);
  EXPECT_EQ(reply.http_status, 200);
  EXPECT_EQ(reply.grpc_status, 0);
  expect(reply, 0, message("Answer"), 11);
  EXPECT_EQ(reply.due, message("answer"));
  EXPECT_EQ(reply.due_bytes, 11U);
}

TEST_F(WrongReplyTest, HoweverItIsCut) {
  const std::string whole = message("ansWer");
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    for (std::size_t second = first; second <= whole.size(); ++second) {
      expect(told("answer", head(1) + part(1, whole.substr(0, first)) +
                                part(1, whole.substr(first, second - first)) +
                                part(1, whole.substr(second)) + trailers(1)),
             0, whole, 11);
    }
  }
}

TEST_F(WrongReplyTest, TooShortItIsWhatCameOfIt) {
  expect(told("answer", head(1) + trailers(1)), 0, "", 0);
  expect(told("answer", head(1) + part(1, message("answer").substr(0, 8)) + trailers(1)), 0,
         message("answer").substr(0, 8), 8);
}

TEST_F(WrongReplyTest, TooLongItIsWhatWasRead) {
  expect(told("answer", head(1) + part(1, message("answer") + "s, and more")), 0,
         message("answer") + "s, and more", 22);
  const WrongReply reply =
      told("answer", head(1) + part(1, message("a")) + part(1, std::string(16'000, 'b')));
  expect(reply, 0, message("a") + std::string(WrongReply::kMostBytes - 6, 'b'), 16'006);
}

TEST_F(WrongReplyTest, OfALongOneTheBytesAroundTheFirstWrongOne) {
  const std::string due(1'000, 'a');
  std::string wrong = message(due);
  wrong[500] = 'b';
  for (const std::size_t cut : {0U, 484U, 490U, 500U, 501U, 1'000U}) {
    const WrongReply reply = told(
        due, head(1) + part(1, wrong.substr(0, cut)) + part(1, wrong.substr(cut)) + trailers(1));
    expect(reply, 484, std::string(16, 'a') + "b" + std::string(47, 'a'), 1'005);
    EXPECT_EQ(reply.due, std::string(64, 'a'));
    EXPECT_EQ(reply.due_bytes, 1'005U);
  }
  expect(told(due, head(1) + part(1, wrong.substr(0, 400)) + trailers(1)), 384,
         std::string(16, 'a'), 400);
}

TEST_F(WrongReplyTest, WhereAnyMessageIsRightItsPrefixAtLeast) {
  const std::string whole = message("abc");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect(told("", head(1) + part(1, whole.substr(0, size)) + trailers(1)), 0,
           whole.substr(0, std::min(size, std::size_t{5})), size);
  }
  expect(told("", head(1) + part(1, whole + "d") + trailers(1)), 0, whole.substr(0, 5), 9);
  std::string compressed = whole;
  compressed[0] = 1;
  expect(told("", head(1) + part(1, compressed.substr(0, 3)) + part(1, compressed.substr(3)) +
                      trailers(1)),
         0, compressed, 8);
}

TEST_F(WrongReplyTest, AWrongStatusIsSaidWithItsMessageAndWhatBodyWasWrong) {
  WrongReply reply = told("answer", headers(1, {{":status", "200"},
                                                {"grpc-status", "12"},
                                                {"grpc-message", "no\x1bsuch method"}},
                                            kWhole | kEnds));
  EXPECT_EQ(reply.wrong, Wrong::status);
  EXPECT_EQ(reply.http_status, 200);
  EXPECT_EQ(reply.grpc_status, 12);
  EXPECT_EQ(reply.message, "no?such method");
  expect(reply, 0, "", 0);
  reply = told("answer", head(1, "404") + part(1, "<html>") + part(1, "</html>"));
  EXPECT_EQ(reply.wrong, Wrong::status);
  EXPECT_EQ(reply.http_status, 404);
  EXPECT_EQ(reply.grpc_status, -1);
  expect(reply, 0, "<html></html>", 13);
  expect(told("answer", head(1, "404") + data(1, "<html>", kEnds)), 0, "<html>", 6);
}

TEST_F(WrongReplyTest, TheFirstIsTheFirstThatEnded) {
  const WrongReply reply =
      told("answer", head(1) + head(3) + head(5) + body(1, "Answer") + part(3, "\1") +
                         part(5, "\2") + part(3, "\3") + trailers(3) + part(5, "\4") +
                         trailers(5) + trailers(1));
  expect(reply, 0, "\1\3", 2);
}

}  // namespace
}  // namespace coresweep
