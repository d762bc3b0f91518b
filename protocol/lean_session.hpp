// One connection's LeanServerSession and what it answers, for tests that write frames by hand.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "protocol/frame_script.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/reply_reader.hpp"

namespace coresweep::script {

/// Has greeted when it is made.
class LeanSession {
 public:
  LeanSession() { say(hello()); }
  /// Each call is one read of the connection's.
  void say(std::string_view bytes) {
    std::string output;
    status = session.receive(as_bytes(bytes), handler, output);
    replies.read(output);
  }
  EchoHandler handler;
  LeanServerSession session;
  ReplyReader replies;
  SessionStatus status = SessionStatus::open;
};

/// What a row of frames gets for an answer; the rows are the tests of LeanServerSessionRule.
struct LeanRule {
  std::string name;
  std::string bytes;  ///< behind the preface and SETTINGS
  std::string words;  ///< ReplyReader's
};
inline void PrintTo(const LeanRule& rule, std::ostream* out) { *out << rule.name; }
inline std::string rule_name(const testing::TestParamInfo<LeanRule>& info) {
  return info.param.name;
}

class LeanServerSessionRule : public testing::TestWithParam<LeanRule> {};

}  // namespace coresweep::script
