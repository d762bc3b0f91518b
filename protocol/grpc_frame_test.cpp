#include "protocol/grpc_frame.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(GrpcMessage, WrittenIsRead) {
  std::string body;
  append_grpc_prefix(body, 3);
  body += "abc";
  const GrpcMessage read = read_grpc_message(as_bytes(body));
  EXPECT_EQ(read.error, GrpcFrameError::none);
  EXPECT_EQ(as_text(read.message), "abc");
}

TEST(GrpcMessage, AnEmptyMessageIsOne) {
  EXPECT_EQ(read_grpc_message(as_bytes({"\0\0\0\0\0", 5})).error, GrpcFrameError::none);
}

TEST(GrpcMessage, SaysWhatIsWrong) {
  EXPECT_EQ(read_grpc_message({}).error, GrpcFrameError::incomplete);
  EXPECT_EQ(read_grpc_message(as_bytes({"\0\0\0\0", 4})).error, GrpcFrameError::incomplete);
  EXPECT_EQ(read_grpc_message(as_bytes({"\0\0\0\0\2x", 6})).error, GrpcFrameError::incomplete);
  EXPECT_EQ(read_grpc_message(as_bytes({"\1\0\0\0\1x", 6})).error, GrpcFrameError::compressed);
  EXPECT_EQ(read_grpc_message(as_bytes({"\0\0\0\0\1xy", 7})).error, GrpcFrameError::trailing);
  EXPECT_EQ(read_grpc_message(as_bytes({"\0\xff\xff\xff\xff", 5})).error,
            GrpcFrameError::incomplete);
}

}  // namespace
}  // namespace coresweep
