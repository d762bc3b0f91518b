#include "loadgen/recorder.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(Recorder, AWindowsRequestIsOneThatEndsInIt) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_finished(CallOutcome::answered, {.due = 10, .sent = 10}, 99);  // warm-up
  recorder.on_finished(CallOutcome::answered, {.due = 90, .sent = 90},
                       100);  // sent before, done at the first instant
  recorder.on_finished(CallOutcome::answered, {.due = 150, .sent = 150}, 199);  // done at the last
  recorder.on_finished(CallOutcome::answered, {.due = 190, .sent = 190}, 200);  // too late
  EXPECT_EQ(recorder.window().answered, 2U);
  EXPECT_EQ(recorder.whole_life().answered, 4U);
  EXPECT_EQ(recorder.latency_from_sent().count(), 2U);
  EXPECT_EQ(recorder.latency_from_sent().max(), 49U);
}

TEST(Recorder, InAnOpenLoopLatenciesAreOfWhatWasDueInTheWindow) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule, Recorder::Latencies::due_in_window);
  for (const std::int64_t due : {99, 100, 150, 190, 195, 200}) {
    recorder.on_due(due);
  }
  recorder.on_finished(CallOutcome::answered, {.due = 99, .sent = 99}, 120);
  recorder.on_finished(CallOutcome::answered, {.due = 100, .sent = 110}, 130);
  recorder.on_finished(CallOutcome::answered, {.due = 150, .sent = 260}, 900);  // late, and of it
  recorder.on_finished(CallOutcome::reset, {.due = 190, .sent = 190}, 195);
  recorder.on_finished(CallOutcome::answered, {.due = 200, .sent = 200}, 210);
  EXPECT_EQ(recorder.window().answered, 2U);  // throughput is what came in it
  EXPECT_EQ(recorder.latency_from_due().count(), 2U);
  EXPECT_EQ(recorder.latency_from_due().max(), 750U);
  EXPECT_EQ(recorder.latency_from_sent().max(), 640U);
  EXPECT_EQ(recorder.figures().unanswered, 2U);  // one failed, one never sent
}

TEST(Recorder, FailuresKeepTheirKindAndAreNoLatency) {
  const Schedule schedule(0, 0ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_finished(CallOutcome::wrong_payload, {.due = 0, .sent = 0}, 10);
  recorder.on_finished(CallOutcome::reset, {.due = 0, .sent = 0}, 10);
  recorder.on_failed(Failure::connection_lost, 10, 7);
  recorder.on_failed(Failure::connection_lost, 500, 3);
  EXPECT_EQ(recorder.window().failed_total(), 9U);
  EXPECT_EQ(recorder.whole_life().failed_total(), 12U);
  EXPECT_EQ(recorder.whole_life().failed[static_cast<std::size_t>(Failure::wrong_payload)], 1U);
  EXPECT_EQ(recorder.whole_life().failed[static_cast<std::size_t>(Failure::connection_lost)], 10U);
  EXPECT_EQ(recorder.window().answered, 0U);
  EXPECT_EQ(recorder.latency_from_sent().count(), 0U);
}

TEST(Recorder, LatencyFromDueHoldsTheWaitForASlotAndLatencyFromSentDoesNot) {
  const Schedule schedule(0, 0ns, 1s);
  Recorder recorder(schedule);
  recorder.on_finished(CallOutcome::answered, {.due = 100, .sent = 300}, 350);
  EXPECT_EQ(recorder.latency_from_due().max(), 250U);
  EXPECT_EQ(recorder.latency_from_sent().max(), 50U);
}

TEST(Recorder, ReadLateIsWhatAnAnswerLayThereAtMost) {
  const Schedule schedule(0, 0ns, 1s);
  Recorder recorder(schedule);
  recorder.on_read(500);  // nothing was there until then
  recorder.on_finished(CallOutcome::answered, {.due = 100, .sent = 130}, 540);
  recorder.on_finished(CallOutcome::answered, {.due = 500, .sent = 530}, 540);  // sent after it
  recorder.on_finished(CallOutcome::reset, {.due = 100, .sent = 130}, 900);
  EXPECT_EQ(recorder.client_read_late().count(), 2U);
  EXPECT_EQ(recorder.client_read_late().mean(), (40 + 10) / 2.0);
}

TEST(Recorder, WhatIsOverdueAtTheWindowsEdges) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule);
  for (const std::int64_t due : {10, 50, 90, 150, 199, 200, 230}) {
    recorder.on_due(due);
  }
  recorder.on_sent({.due = 10, .sent = 20}, 0);
  recorder.on_sent({.due = 50, .sent = 120}, 0);
  recorder.on_sent({.due = 90, .sent = 210}, 0);
  EXPECT_EQ(recorder.overdue_at_begin(), 2U);
  EXPECT_EQ(recorder.due(), 7U);
  EXPECT_EQ(recorder.sent(), 3U);
  ASSERT_EQ(recorder.seconds().size(), 1U);
  EXPECT_EQ(recorder.seconds()[0].due, 2U);
  EXPECT_EQ(recorder.seconds()[0].sent, 1U);
}

TEST(Recorder, CountsManyAtOnceWithinASecondOfTheWindow) {
  const Schedule schedule(0, 500ms, 1'500ms);
  Recorder recorder(schedule);
  constexpr std::int64_t kMs = 1'000'000;
  EXPECT_EQ(recorder.counted_alike_until(0), 500 * kMs);
  EXPECT_EQ(recorder.counted_alike_until(500 * kMs), 1'500 * kMs);
  EXPECT_EQ(recorder.counted_alike_until(1'500 * kMs), 2'000 * kMs);
  EXPECT_EQ(recorder.counted_alike_until(2'000 * kMs), 2'100 * kMs);
  recorder.on_due(0, 3);
  recorder.on_due(600 * kMs, 5);
  recorder.on_due(1'999 * kMs, 7);
  recorder.on_due(2'000 * kMs, 9);
  EXPECT_EQ(recorder.due(), 24U);
  EXPECT_EQ(recorder.overdue_at_begin(), 3U);
  EXPECT_EQ(recorder.figures().due_in_window(), 12U);
}

TEST(Recorder, KeepsEachSecondByItself) {
  const Schedule schedule(0, 500ms, 3s);
  Recorder recorder(schedule);
  constexpr std::int64_t kMs = 1'000'000;
  const auto answer = [&](std::int64_t done_ms, std::int64_t took_ms) {
    const std::int64_t due = (done_ms - took_ms) * kMs;
    recorder.on_finished(CallOutcome::answered, {.due = due, .sent = due}, done_ms * kMs);
  };
  answer(499, 1);  // warm-up
  answer(500, 2);
  answer(1'499, 2);
  recorder.on_failed(Failure::reset, 1'600 * kMs, 4);  // nothing else in that second
  answer(2'500, 700);
  answer(3'499, 800);
  answer(3'500, 900);  // cooldown
  const std::vector<Second> seconds = recorder.seconds();
  ASSERT_EQ(seconds.size(), 3U);
  EXPECT_EQ(seconds[0].ended.answered, 2U);
  ASSERT_EQ(seconds[0].latency_from_due.size(), 1U);
  EXPECT_EQ(seconds[0].latency_from_due[0].count, 2U);
  EXPECT_EQ(seconds[1].ended.answered, 0U);
  EXPECT_EQ(seconds[1].ended.failed_total(), 4U);
  EXPECT_TRUE(seconds[1].latency_from_due.empty());
  EXPECT_EQ(seconds[2].latency_from_due.size(), 2U);
  EXPECT_EQ(recorder.latency_from_due().count(), 4U);
  EXPECT_EQ(recorder.latency_from_due().max(), 800U * kMs);
}

TEST(Recorder, ReadsItsOwnCpuOnceAnEdge) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_step(99, 0);
  EXPECT_EQ(recorder.cpu_at_begin().at_ns, 0);
  recorder.on_step(105, 0);
  recorder.on_step(150, 0);
  recorder.on_step(260, 0);
  recorder.on_step(300, 0);
  EXPECT_EQ(recorder.cpu_at_begin().at_ns, 105);
  EXPECT_EQ(recorder.cpu_at_end().at_ns, 260);
  EXPECT_GE(recorder.cpu_at_end().user_s, recorder.cpu_at_begin().user_s);
}

}  // namespace
}  // namespace coresweep
