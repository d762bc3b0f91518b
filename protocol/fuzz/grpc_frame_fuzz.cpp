// read_grpc_message: a message is what its prefix says, lies inside the body, and comes back the
// same when it is framed again.
#include "protocol/fuzz/fuzz_input.hpp"
#include "protocol/grpc_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coresweep;  // NOLINT: a main file
  const Bytes body{data, size};
  const GrpcMessage read = read_grpc_message(body);
  if (read.error == GrpcFrameError::none) {
    std::string again;
    append_grpc_prefix(again, read.message.size());
    append(again, read.message);
    require(again == as_text(body));
  } else {
    require(read.message.empty());
  }
  if (is_grpc_content_type(as_text(body))) {
    require(as_text(body).starts_with("application/grpc"));
  }
  return 0;
}
