#include "loadgen/wrong_reply_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace coresweep {
namespace {

// With a body of `got_bytes` in place of "ab".
WrongReply wrong_payload(std::string got, std::size_t got_bytes) {
  WrongReply reply;
  reply.wrong = WrongReply::Wrong::payload;
  reply.http_status = 200;
  reply.grpc_status = 0;
  reply.got = std::move(got);
  reply.got_bytes = got_bytes;
  reply.due = "ab";
  reply.due_bytes = 2;
  return reply;
}

TEST(WrongReplyText, SaysBothBodies) {
  EXPECT_EQ(text_of(wrong_payload("aB", 2)),
            "61 42 \"aB\" (2 bytes) where 61 62 \"ab\" (2 bytes) was due");
  EXPECT_EQ(text_of(wrong_payload("", 0)), "nothing where 61 62 \"ab\" (2 bytes) was due");
}

TEST(WrongReplyText, LetsNoByteThroughThatIsNoPrintableLetter) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  for (const char letter : text_of(wrong_payload(all, 256))) {
    EXPECT_TRUE(letter >= ' ' && letter <= '~') << static_cast<int>(letter);
  }
}

TEST(WrongReplyText, SaysWhereMoreIsThanItShows) {
  EXPECT_EQ(text_of(wrong_payload("a\x1b", 900)),
            "61 1b ... \"a.\" (900 bytes, read no further) where 61 62 \"ab\" (2 bytes) was due");
  WrongReply reply = wrong_payload("cd", 300);
  reply.from = 100;
  reply.due_bytes = 300;
  EXPECT_EQ(text_of(reply),
            "... 63 64 ... \"cd\" (from byte 100 of 300 bytes) where ... 61 62 ... \"ab\" (from "
            "byte 100 of 300 bytes) was due");
}

TEST(WrongReplyText, SaysWhatIsDueWhereAnyMessageIs) {
  WrongReply reply = wrong_payload(std::string(1, '\1'), 7);
  reply.due = "";
  reply.due_bytes = 0;
  EXPECT_EQ(text_of(reply), "01 ... \".\" (7 bytes) where one whole uncompressed message was due");
}

TEST(WrongReplyText, SaysAStatus) {
  WrongReply reply;
  EXPECT_EQ(text_of(reply), "no HTTP status and no grpc-status");
  reply.http_status = 200;
  reply.grpc_status = 5;
  reply.message = "no such account";
  EXPECT_EQ(text_of(reply), "HTTP status 200 and grpc-status 5 \"no such account\"");
  reply = wrong_payload("<h", 7);
  reply.wrong = WrongReply::Wrong::status;
  reply.http_status = 404;
  reply.grpc_status = -1;
  EXPECT_EQ(text_of(reply),
            "HTTP status 404 and no grpc-status with 3c 68 ... \"<h\" (7 bytes, read no further)");
}

}  // namespace
}  // namespace coresweep
