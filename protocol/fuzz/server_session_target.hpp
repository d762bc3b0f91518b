// A server session under a fuzzer: whatever comes, it stays within its limits, answers what it
// counts, and says nothing that a client could not read.
#pragma once

#include <string>

#include "protocol/frame_script.hpp"
#include "protocol/fuzz/fuzz_input.hpp"
#include "protocol/reply_reader.hpp"
#include "protocol/server_session.hpp"

namespace coresweep {

template <class Session>
void fuzz_server_session(Bytes input) {
  Session session;
  script::EchoHandler handler;
  handler.repeat = 3;
  std::string output;
  SessionStatus status = SessionStatus::open;
  // Nearly all inputs would fail at the preface, which has a test of its own.
  require(session.receive(as_bytes(script::hello()), handler, output) == SessionStatus::open);
  read_in_parts(input, [&](Bytes part) {
    status = session.receive(part, handler, output);
    return status == SessionStatus::open;
  });
  if (status == SessionStatus::open) {
    session.shut_down(Goodbye::stopping, output);
  }
  require(status != SessionStatus::not_http2);
  require(session.calls_answered() >= handler.calls.size());
  script::ReplyReader replies;
  replies.read(output);
  // A smaller header table, if the client asked for one, is not known here: it only decodes more.
  require(replies.wrong().empty());
  // nghttp2 gives up without a word on a CONTINUATION that comes in more than eight pieces.
  require(replies.goaway.has_value() || status != SessionStatus::open);
}

}  // namespace coresweep
