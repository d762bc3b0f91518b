// A wrong reply, told to people.
#pragma once

#include <string>

#include "protocol/wrong_reply.hpp"

namespace coresweep {

/// On one line, in printable letters whatever was sent: `00 00 00 00 01 61 ".....a" (6 bytes) where
/// 00 00 00 00 01 62 ".....b" (6 bytes) was due`, or `HTTP status 200 and grpc-status 5 "no one"`.
[[nodiscard]] std::string text_of(const WrongReply& reply);

}  // namespace coresweep
