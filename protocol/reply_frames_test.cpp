#include "protocol/reply_frames.hpp"

#include <gmock/gmock.h>

#include <string>

#include "protocol/reply_reader.hpp"

namespace coresweep {
namespace {

// Heads and trailers of streams in the order of `order`: "1" is a head, "1." its trailers, "1!" an
// error, "-" a table size of none. Every block is read by one inflater.
script::ReplyReader written(const std::vector<std::string>& order) {
  ReplyFrames frames;
  script::ReplyReader reader;
  for (const std::string& step : order) {
    std::string output;
    if (step == "-") {
      frames.limit_table(0);
      reader.set_table_size(0);
      continue;
    }
    const auto id = static_cast<std::uint32_t>(std::stoul(step));
    if (step.ends_with('.')) {
      frames.append_trailers(output, id);
    } else if (step.ends_with('!')) {
      frames.append_error(output, id, {GrpcStatus::internal, "why"});
    } else {
      const std::size_t data = frames.append_head(output, id);
      output += "reply";
      ReplyFrames::set_length(output, data);
    }
    reader.read(output);
  }
  return reader;
}

TEST(ReplyFrames, BlocksCanBeReadInWhateverOrderTheyLeave) {
  for (const std::vector<std::string>& order :
       std::vector<std::vector<std::string>>{{"1", "1.", "3", "3.", "5", "5."},
                                             {"1", "3", "5", "5.", "1.", "3."},
                                             {"1", "3", "1.", "5", "5.", "3."},
                                             {"7!", "1", "9!", "3", "1.", "3.", "5", "5."},
                                             {"-", "1", "1.", "3", "5", "3.", "5."},
                                             {"1", "-", "1.", "3", "5", "3.", "5."},
                                             {"1", "1.", "-", "3", "5", "3.", "5."},
                                             {"1", "3", "-", "7!", "1.", "5", "3.", "-", "5."}}) {
    script::ReplyReader reader = written(order);
    EXPECT_EQ(reader.wrong(), "");
    for (const std::uint32_t id : {1U, 3U, 5U}) {
      const auto& stream = reader.streams[id];
      EXPECT_EQ(stream.in_words(), "answered");
      EXPECT_EQ(stream.data, std::string("\0\0\0\0\5reply", 10));
      EXPECT_THAT(
          stream.heads,
          testing::ElementsAre(testing::ElementsAre(":status=200", "content-type=application/grpc"),
                               testing::ElementsAre("grpc-status=0")));
    }
  }
}

TEST(ReplyFrames, ErrorsAreTrailersAlone) {
  script::ReplyReader reader = written({"1!"});
  EXPECT_EQ(reader.streams[1].in_words(), "grpc 13");
  EXPECT_THAT(reader.streams[1].heads,
              testing::ElementsAre(testing::ElementsAre(
                  ":status=200", "content-type=application/grpc", "grpc-status=13",
                  "grpc-message=why", "grpc-accept-encoding=identity")));
}

}  // namespace
}  // namespace coresweep
