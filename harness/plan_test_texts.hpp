// What the tests of plans share: two machines, and a plan's text with its complaint.
#pragma once

#include <string>

#include "harness/failure.hpp"
#include "harness/plan.hpp"

namespace coresweep {

inline const PlanContext kTwoCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 1, 2, {1}};
inline const PlanContext kManyCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 12, 24};

/// A plan of one architecture and `more`, which starts with a comma.
inline std::string plan_with(const std::string& more) {
  return R"({"architectures": ["shared_reactor"])" + more + "}";
}

inline std::string complaint(const std::string& text, const PlanContext& context = kTwoCpus) {
  try {
    static_cast<void>(read_plan(text, "plan.json", context));
  } catch (const WrongUsage& error) {
    return error.what();
  }
  return "accepted";
}

/// A context whose command line names a peer, as far as a plan asks of one.
inline PlanContext with_peer(const std::string& name) {
  PlanContext context = kTwoCpus;
  context.peers.emplace_back();
  context.peers.back().name = name;
  context.peers.back().folder = "peers/" + name;
  return context;
}

}  // namespace coresweep
