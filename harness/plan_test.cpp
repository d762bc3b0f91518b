#include "harness/plan.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const PlanContext kSixteenCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 8, 16};

Plan two_arms() {
  return read_plan(
      R"({"architectures": ["shared_reactor", "reuseport_loops"], "threads": [1, 2, 4],
          "blocks": 8})",
      "plan.json", kSixteenCpus);
}

std::vector<std::string> names(const std::vector<Cell>& cells) {
  std::vector<std::string> result;
  for (const Cell& cell : cells) {
    result.push_back(cell_name(cell));
  }
  return result;
}

TEST(Cells, AreTheGridAndTheCeilingLast) {
  Plan plan = two_arms();
  plan.threads = {1, 2};
  const auto cells = cells_of(plan, kSixteenCpus);
  EXPECT_THAT(names(cells),
              ElementsAre("shared_reactor/lean/t1/c128/s10", "reuseport_loops/lean/t1/c128/s10",
                          "shared_reactor/lean/t2/c128/s10", "reuseport_loops/lean/t2/c128/s10",
                          "dealt_loops/null/t8/c128/s10"));
  EXPECT_EQ(cells.back().role, Role::kCeiling);
  plan.ceiling = false;
  EXPECT_EQ(cells_of(plan, kSixteenCpus).size(), 4U);
}

TEST(Cells, EveryArchitectureHasEveryHttp2AtEachThreadCount) {
  Plan plan = two_arms();
  plan.threads = {1, 2};
  plan.http2 = {"nghttp2", "lean"};
  plan.ceiling = false;
  EXPECT_THAT(
      names(cells_of(plan, kSixteenCpus)),
      ElementsAre("shared_reactor/nghttp2/t1/c128/s10", "shared_reactor/lean/t1/c128/s10",
                  "reuseport_loops/nghttp2/t1/c128/s10", "reuseport_loops/lean/t1/c128/s10",
                  "shared_reactor/nghttp2/t2/c128/s10", "shared_reactor/lean/t2/c128/s10",
                  "reuseport_loops/nghttp2/t2/c128/s10", "reuseport_loops/lean/t2/c128/s10"));
}

TEST(Cells, AtAShareOfWhatIsHeldTheFloorIsThereAtEachThreadCount) {
  Plan plan = two_arms();
  plan.threads = {1, 8, 16};
  plan.load.mode = Mode::poisson;
  plan.load.rates = {{0, 70}};
  const auto cells = cells_of(plan, kSixteenCpus);
  ASSERT_EQ(cells.size(), 8U);
  EXPECT_EQ(cell_name(cells[6]), "dealt_loops/null/t1/c128/s10/poisson70%");
  EXPECT_EQ(cell_name(cells[7]), "dealt_loops/null/t8/c128/s10/poisson70%") << "16 leave no load";
}

std::vector<std::string> skipped(const Plan& plan, const PlanContext& context) {
  std::vector<std::string> lines;
  for (const Skipped& one : skipped_of(plan, context)) {
    lines.push_back(one.what + ": " + one.why);
  }
  return lines;
}

TEST(Cells, AnEngineIsInTheNameUnlessItIsTheUsualOne) {
  Plan plan = two_arms();
  plan.threads = {1};
  plan.engines = {kEpoll, kIoUring};
  plan.ceiling = false;
  PlanContext context = kSixteenCpus;
  context.io_uring = {"", {"reuseport_loops"}};
  EXPECT_THAT(names(cells_of(plan, context)),
              ElementsAre("shared_reactor/lean/t1/c128/s10", "reuseport_loops/lean/t1/c128/s10",
                          "reuseport_loops/lean/io_uring/t1/c128/s10"));
  EXPECT_THAT(skipped(plan, context),
              ElementsAre("shared_reactor with engine io_uring: it does not live on that engine"));
}

TEST(Cells, WhatThisMachineLacksIsSkippedOnce) {
  Plan plan = two_arms();
  plan.engines = {kEpoll, kIoUring};
  EXPECT_THAT(skipped(plan, kSixteenCpus),
              ElementsAre("engine io_uring: greeter-io_uring is not built"));
  plan.engines = {kIoUring};
  EXPECT_THAT(cells_of(plan, kSixteenCpus), ElementsAre());  // a ceiling alone is no sweep
}

TEST(Cells, AnArchitectureOfFewerConnectionsIsSkipped) {
  PlanContext context = kSixteenCpus;
  context.most_connections_of["shared_reactor"] = 128;
  EXPECT_THAT(skipped(two_arms(), context), ElementsAre());
  context.most_connections_of["shared_reactor"] = 127;
  EXPECT_THAT(skipped(two_arms(), context),
              ElementsAre("shared_reactor: it has at most 127 connections, the plan has 128"));
  EXPECT_EQ(cells_of(two_arms(), context).size(), 4U);
}

TEST(Cells, APeerIsSkippedByAPlanThatAsksForMoreThanItVaries) {
  Plan plan = two_arms();
  plan.peers.emplace_back();
  Peer& peer = plan.peers.front();
  peer.name = "tonic";
  EXPECT_THAT(skipped(plan, kSixteenCpus), ElementsAre());
  EXPECT_EQ(names(cells_of(plan, kSixteenCpus))[2], "tonic/peer/t1/c128/s10");
  plan.conditions.cpu = {5us};
  plan.conditions.reply_bytes = {10};
  EXPECT_THAT(skipped(plan, kSixteenCpus),
              ElementsAre("peer tonic: it does not vary reply_bytes, handler_cpu",
                          "ceiling: the null responder gives no reply_bytes"));
  EXPECT_EQ(cells_of(plan, kSixteenCpus).back().role, Role::kArm);
}

TEST(Cells, EveryArmHasEveryHandlerAndItsNameSaysWhichUnlessItCostsNothing) {
  Plan plan = two_arms();
  plan.threads = {1};
  plan.conditions.cpu = {0us, 5us};
  EXPECT_THAT(names(cells_of(plan, kSixteenCpus)),
              ElementsAre("shared_reactor/lean/t1/c128/s10", "reuseport_loops/lean/t1/c128/s10",
                          "shared_reactor/lean/t1/c128/s10/cpu5us",
                          "reuseport_loops/lean/t1/c128/s10/cpu5us",
                          "dealt_loops/null/t8/c128/s10"));
  EXPECT_EQ(cells_of(plan, kSixteenCpus).back().conditions, Conditions{});
}

TEST(Cells, APeerRunsUnderThoseHandlersThatItHonours) {
  Plan plan = two_arms();
  plan.threads = {1};
  plan.architectures = {"shared_reactor"};
  plan.peers.emplace_back();
  plan.peers.front().name = "tonic";
  plan.peers.front().varies_reply_bytes = true;
  plan.conditions.reply_bytes = {0, 10};
  plan.conditions.stall = {std::nullopt, StalledThread{0, 200ms}};
  EXPECT_THAT(
      skipped(plan, kSixteenCpus),
      ElementsAre("peer tonic with reply_bytes 0, stall_thread 0:200ms: it does not vary "
                  "stall_thread",
                  "peer tonic with reply_bytes 10, stall_thread 0:200ms: it does not vary "
                  "stall_thread",
                  "ceiling with reply_bytes 10: the null responder gives no reply_bytes"));
  EXPECT_THAT(
      names(cells_of(plan, kSixteenCpus)),
      ElementsAre("shared_reactor/lean/t1/c128/s10", "tonic/peer/t1/c128/s10",
                  "shared_reactor/lean/t1/c128/s10/stall0:200ms",
                  "shared_reactor/lean/t1/c128/s10/reply10", "tonic/peer/t1/c128/s10/reply10",
                  "shared_reactor/lean/t1/c128/s10/reply10/stall0:200ms",
                  "dealt_loops/null/t8/c128/s10"));
}

TEST(Cells, TheNullResponderCallsNoHandlerThatCouldWork) {
  Plan plan = two_arms();
  plan.threads = {1};
  plan.architectures = {"shared_reactor"};
  plan.http2 = {"null"};
  plan.ceiling = false;
  plan.conditions.cpu = {0us, 5us};
  plan.conditions.wait = {1ms};
  EXPECT_THAT(skipped(plan, kSixteenCpus),
              ElementsAre("http2 null with handler_cpu 5us: the null responder gives no "
                          "handler_cpu"));
  EXPECT_THAT(names(cells_of(plan, kSixteenCpus)),
              ElementsAre("shared_reactor/null/t1/c128/s10/wait1ms"));
}

TEST(FormatDuration, TakesTheLargestUnitThatIsWhole) {
  EXPECT_EQ(format_duration(2500ms), "2500ms");
  EXPECT_EQ(format_duration(0s), "0ms");
  EXPECT_EQ(format_duration(1500us), "1500us");
  EXPECT_EQ(format_duration(1ns), "1ns");
}

TEST(Cells, WhoseCpusArePartOfWhatItIsDoesNotRoam) {
  Plan plan = two_arms();
  plan.architectures.emplace_back("steered_loops");
  plan.threads = {1, 2};
  plan.ceiling = false;
  plan.conditions.pin = {Pin::each, Pin::none};
  EXPECT_EQ(cells_of(plan, kSixteenCpus).size(), 2U * (3 + 2));
  EXPECT_THAT(skipped(plan, kSixteenCpus),
              ElementsAre("steered_loops with pin none: which CPUs its threads have is part of "
                          "that architecture"));
  PlanContext one_cpu = kSixteenCpus;
  one_cpu.server_cpus = 1;
  EXPECT_EQ(cells_of(plan, one_cpu).size(), 3U + 3 + 2);
  EXPECT_THAT(skipped(plan, one_cpu),
              testing::Contains("pin none at 1 thread: it changes nothing there"));
}

TEST(Cells, OneListenerHasNothingToDivide) {
  Plan plan = two_arms();
  plan.threads = {1, 2};
  plan.ceiling = false;
  plan.load.mode = Mode::churn;
  plan.load.requests_per_connection = {1};
  plan.conditions.backlog = {Backlog::whole, Backlog::divided};
  EXPECT_THAT(names(cells_of(plan, kSixteenCpus)),
              ElementsAre("shared_reactor/lean/t1/c128/s10/churn1",
                          "reuseport_loops/lean/t1/c128/s10/churn1",
                          "shared_reactor/lean/t2/c128/s10/churn1",
                          "reuseport_loops/lean/t2/c128/s10/churn1",
                          "shared_reactor/lean/t2/c128/s10/backlog-divided/churn1",
                          "reuseport_loops/lean/t2/c128/s10/backlog-divided/churn1"));
  EXPECT_THAT(
      skipped(plan, kSixteenCpus),
      ElementsAre("backlog divided at 1 thread: it changes nothing there"));
}

}  // namespace
}  // namespace coresweep
