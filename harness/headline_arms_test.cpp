// The headline of a plan with several http2, engines, handlers or peers.
#include <gmock/gmock.h>

#include "harness/headline_test_sweep.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(HeadlineTest, OfSeveralHttp2NamesItsOwnAndHasTheOthersBesideIt) {
  plan_for_two_http2({1, 16}, 6);
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.0);
    add_pair(4, block, 2.0);
    add_pair(6, block, 1.1);
  }
  EXPECT_THAT(lines(),
              ElementsAre("reuseport_loops / shared_reactor with http2 lean: 2.00x (2.00-2.00, "
                          "96.9 % interval) at 16 threads, 6 blocks",
                          "reuseport_loops / shared_reactor with http2 lean: 1.00x (1.00-1.00, "
                          "96.9 % interval) at 1 thread, 6 blocks: no difference shown",
                          "reuseport_loops / shared_reactor with http2 nghttp2: 1.10x (1.10-1.10, "
                          "96.9 % interval) at 16 threads, 6 blocks"));
}

TEST_F(HeadlineTest, AnotherHttp2sVerdictsSpoilNoHeadlineButItsOwn) {
  plan_for_two_http2({1}, 6);
  for (int block = 0; block < 6; ++block) {
    add(0, block, 1.0, {"client_bound"});
    add(1, block, 1.0);
    add_pair(2, block, 1.5);
  }
  EXPECT_THAT(lines(),
              ElementsAre("no headline (reuseport_loops / shared_reactor with http2 lean): 0 of 6 "
                          "blocks have both arms valid at 1 thread; verdicts: client_bound 6",
                          "reuseport_loops / shared_reactor with http2 nghttp2: 1.50x (1.50-1.50, "
                          "96.9 % interval) at 1 thread, 6 blocks"));
}

TEST_F(HeadlineTest, AnArchitectureMayBeComparedWithItselfUnderTwoHttp2) {
  plan_for_two_http2({1, 2}, 6);
  plan_.headline = Headline{"reuseport_loops", "lean", "reuseport_loops", "nghttp2", 1};
  plan_.headline->load = {64, 10};
  for (int block = 0; block < 6; ++block) {
    add(0, block, 1.0);
    add(1, block, 6.0);
    add(2, block, 1.0);
    add(3, block, 2.0);
  }
  EXPECT_THAT(lines("core:2 pu:1"),
              ElementsAre("reuseport_loops with http2 lean / reuseport_loops with http2 nghttp2: "
                          "3.00x (3.00-3.00, 96.9 % interval) at 1 thread, 6 blocks",
                          "1 server CPU: this machine cannot show scaling"));
  plan_.threads = {2};
  plan_.headline->threads = 2;
  EXPECT_THAT(lines(), ElementsAre("no headline (reuseport_loops with http2 lean / reuseport_loops "
                                   "with http2 nghttp2): 0 of 6 blocks have both arms valid at 2 "
                                   "threads"));
}

TEST_F(HeadlineTest, OfSeveralEnginesNamesItsOwnAndHasTheOthersBesideIt) {
  plan_for({1}, 6);
  plan_.engines = {kEpoll, kIoUring};
  for (const char* name : {"shared_reactor", "reuseport_loops"}) {
    cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kIoUring});
  }
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
    add_pair(3, block, 2.0);
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor with engine epoll: 1.50x "
                                   "(1.50-1.50, 96.9 % interval) at 1 thread, 6 blocks",
                                   "reuseport_loops / shared_reactor with engine io_uring: 2.00x "
                                   "(2.00-2.00, 96.9 % interval) at 1 thread, 6 blocks"));
  plan_.headline->against = "reuseport_loops";
  plan_.headline->engine = kIoUring;
  EXPECT_THAT(lines()[0],
              HasSubstr("reuseport_loops with engine io_uring / reuseport_loops with engine "
                        "epoll: 1.33x"));
}

TEST_F(HeadlineTest, OfSeveralHandlersNamesItsOwnAndHasTheOthersBesideIt) {
  plan_for({1}, 6);
  plan_.conditions.cpu = {0us, 5us};
  const Conditions dear{5us, {}, 0, {}};
  for (const std::string& name : plan_.architectures) {
    cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kEpoll, dear});
  }
  plan_.headline->conditions = dear;
  for (int block = 0; block < 6; ++block) {
    add_pair(0, block, 1.5);
    add_pair(3, block, 1.1);
  }
  EXPECT_THAT(lines(), ElementsAre("reuseport_loops / shared_reactor, handler_cpu 5us: 1.10x "
                                   "(1.10-1.10, 96.9 % interval) at 1 thread, 6 blocks",
                                   "reuseport_loops / shared_reactor, handler_cpu 0ns: 1.50x "
                                   "(1.50-1.50, 96.9 % interval) at 1 thread, 6 blocks"));
  cells_.pop_back();
  outcomes_.clear();
  EXPECT_THAT(lines(), ElementsAre("no headline: reuseport_loops, handler_cpu 5us is skipped"));
}

TEST_F(HeadlineTest, WhatStandsBesideItIsHeldAgainstTheSameNoise) {
  plan_for({1}, 6);
  plan_.conditions.cpu = {0us, 1us, 2us, 3us};
  for (const auto cpu : {1us, 2us, 3us}) {
    for (const std::string& name : plan_.architectures) {
      cells_.push_back({Role::kArm, name, "nghttp2", 1, 64, 10, kEpoll, {cpu, {}, 0, {}}});
    }
  }
  Cell same = cells_[0];
  same.role = Role::kSame;
  same.twin_of = cell_name(same);
  cells_.push_back(same);
  for (int block = 0; block < 6; ++block) {
    for (const std::size_t first : {0U, 3U, 5U, 7U}) {
      add_pair(first, block, 1.02);
    }
    add(9, block, 1000.0 * (block + 1) * (block % 2 == 0 ? 0.95 : 1.04));
  }
  const auto told = lines();
  EXPECT_THAT(told[1], AllOf(HasSubstr("handler_cpu 1us: 1.02x"),
                             HasSubstr("no difference shown: the same arm beside itself gave")));
  EXPECT_THAT(told, Contains("of these 3 beside the headline, which was named before, one in "
                             "twenty leaves 1 out by chance"));
}

TEST_F(HeadlineTest, OfAnArmThatIsSkippedIsNone) {
  plan_for({1}, 6);
  plan_.engines = {kEpoll, kIoUring};
  plan_.headline->engine = kIoUring;
  EXPECT_THAT(lines(), ElementsAre("no headline: reuseport_loops with engine io_uring is skipped"));
}

TEST_F(HeadlineTest, APeerIsAnArmWithNoHttp2OfOurs) {
  plan_for_two_http2({1}, 6);
  cells_.push_back({Role::kArm, "tonic", kPeer, 1, 64, 10, kPeer});
  plan_.headline = Headline{"tonic", kPeer, "reuseport_loops", "lean", 1, kPeer, kEpoll};
  plan_.headline->load = {64, 10};
  for (int block = 0; block < 6; ++block) {
    add(1, block, 2.0);
    add(3, block, 1.0);
    add(5, block, 1.0);
  }
  EXPECT_THAT(lines(), ElementsAre("tonic / reuseport_loops with http2 lean: 0.50x (0.50-0.50, "
                                   "96.9 % interval) at 1 thread, 6 blocks",
                                   "tonic / reuseport_loops with http2 nghttp2: 1.00x (1.00-1.00, "
                                   "96.9 % interval) at 1 thread, 6 blocks: no difference shown"));
}

}  // namespace
}  // namespace coresweep
