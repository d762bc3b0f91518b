// Calls of any service: replies that nobody knows in advance, several requests in turn, metadata.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/frame_script.hpp"
#include "protocol/grpc_frame.hpp"
#include "protocol/server_script.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using namespace script;  // NOLINT: its words are this file's language

class ClientCallsTest : public testing::Test {
 protected:
  static CallTemplate call_of(const std::vector<Exchange>& exchanges) {
    return make_call_template("x", "/a.B/C", {{"tag", "seven"}}, exchanges);
  }

  void begin(ClientSession& client) {
    client.open(sent_);
    EXPECT_TRUE(client.receive(as_bytes(settings({})), finished_, sent_));
    sent_.clear();
  }

  // How a call ends whose reply's body comes as these DATA frames, and status `status`.
  FinishedCall answer_with(const std::vector<std::string>& parts, std::string_view status = "0") {
    const CallTemplate call = call_of({{.request = "ask", .any_reply = true, .reply = {}}});
    ClientSession client(call, 1);
    begin(client);
    finished_.clear();
    client.start_call({}, sent_);
    std::string bytes = head(1);
    for (const std::string& part : parts) {
      bytes += frame(FrameType::data, 0, 1, part);
    }
    EXPECT_TRUE(client.receive(as_bytes(bytes + trailers(1, status)), finished_, sent_));
    EXPECT_EQ(finished_.size(), 1U);
    return finished_.empty() ? FinishedCall{} : finished_.front();
  }
  CallOutcome outcome_of(const std::vector<std::string>& parts) {
    return answer_with(parts).outcome;
  }

  std::string sent_;
  std::vector<FinishedCall> finished_;
};

TEST_F(ClientCallsTest, AnyWholeMessageIsRight) {
  EXPECT_EQ(outcome_of({message("")}), CallOutcome::answered);
  EXPECT_EQ(outcome_of({message("whatever it says")}), CallOutcome::answered);
  const std::string large = message(std::string(30'000, 'x'));
  EXPECT_EQ(outcome_of({large.substr(0, 16'000), "", large.substr(16'000)}), CallOutcome::answered);
}

TEST_F(ClientCallsTest, AlsoWhereItsPrefixIsCutAtAnyByte) {
  const std::string whole = message("0123456789");
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(outcome_of({whole.substr(0, cut), whole.substr(cut)}), CallOutcome::answered) << cut;
  }
  std::vector<std::string> bytes;
  for (const char byte : whole) {
    bytes.emplace_back(1, byte);
  }
  EXPECT_EQ(outcome_of(bytes), CallOutcome::answered);
}

TEST_F(ClientCallsTest, WhatIsNoWholeMessageIsWrong) {
  EXPECT_EQ(outcome_of({}), CallOutcome::wrong_payload);
  EXPECT_EQ(outcome_of({message("abc").substr(0, 4)}), CallOutcome::wrong_payload);
  EXPECT_EQ(outcome_of({message("abc").substr(0, 7)}), CallOutcome::wrong_payload);
  EXPECT_EQ(outcome_of({message("abc") + "d"}), CallOutcome::wrong_payload);
  EXPECT_EQ(outcome_of({message("abc") + message("abc")}), CallOutcome::wrong_payload);
  std::string compressed = message("abc");
  compressed[0] = 1;
  EXPECT_EQ(outcome_of({compressed}), CallOutcome::wrong_payload);
}

TEST_F(ClientCallsTest, MoreThanGrpcsClientsTakeIsCancelled) {
  const CallTemplate call = call_of({{.request = "ask", .any_reply = true, .reply = {}}});
  ClientSession client(call, 1);
  begin(client);
  client.start_call({}, sent_);
  sent_.clear();
  ASSERT_TRUE(client.receive(as_bytes(head(1)), finished_, sent_));
  const std::string part = frame(FrameType::data, 0, 1, std::string(16'384, '\0'));
  std::size_t read = 0;
  for (; read <= ClientSession::kMostReply && finished_.empty(); read += 16'384) {
    ASSERT_TRUE(client.receive(as_bytes(part), finished_, sent_));
  }
  ASSERT_EQ(finished_.size(), 1U);
  EXPECT_EQ(finished_.front().outcome, CallOutcome::wrong_payload);
  EXPECT_GT(read, ClientSession::kMostReply);
  EXPECT_EQ(sent_, frame(FrameType::rst_stream, 0, 1, u32(8)));
}

TEST_F(ClientCallsTest, AStatusIsHandedOn) {
  EXPECT_EQ(answer_with({message("")}).grpc_status, 0);
  EXPECT_EQ(answer_with({message("")}, "5").grpc_status, 5);
  EXPECT_EQ(answer_with({message("")}, "5").outcome, CallOutcome::wrong_status);
  EXPECT_EQ(answer_with({message("")}, "five").grpc_status, -1);
}

TEST_F(ClientCallsTest, EachRequestHasItsOwnAnswer) {
  const CallTemplate call = call_of({{.request = "one", .any_reply = false, .reply = "eins"},
                                     {.request = "two", .any_reply = false, .reply = "zwei"}});
  ClientSession client(call, 4);
  begin(client);
  client.start_call({0}, sent_, 0);
  client.start_call({1}, sent_, 1);
  client.start_call({2}, sent_, 1);
  EXPECT_THAT(sent_, testing::HasSubstr(message("one")));
  EXPECT_THAT(sent_, testing::HasSubstr(message("two")));
  for (const auto& [id, text] :
       std::vector<std::pair<std::uint32_t, std::string>>{{5, "eins"}, {3, "zwei"}, {1, "eins"}}) {
    const std::string bytes =
        head(id) + frame(FrameType::data, 0, id, message(text)) + trailers(id);
    ASSERT_TRUE(client.receive(as_bytes(bytes), finished_, sent_));
  }
  ASSERT_EQ(finished_.size(), 3U);
  EXPECT_EQ(finished_[0].outcome, CallOutcome::wrong_payload);
  EXPECT_EQ(finished_[1].outcome, CallOutcome::answered);
  EXPECT_EQ(finished_[2].outcome, CallOutcome::answered);
}

TEST_F(ClientCallsTest, MetadataFollowsOurHeaders) {
  const CallTemplate call = call_of({{.request = "ask", .any_reply = true, .reply = {}}});
  for (const std::string& block : {call.indexed.first, call.plain.first}) {
    HeaderBlockDecoder<std::string, 4> decoder;
    const std::string* const fields = decoder.decode(
        as_bytes(block), [](std::string& all, std::string_view name, std::string_view value) {
          all.append(name).append("=").append(value).append(" ");
        });
    ASSERT_NE(fields, nullptr);
    EXPECT_THAT(*fields, testing::EndsWith("user-agent=coresweep-loadgen tag=seven "));
  }
}

}  // namespace
}  // namespace coresweep
