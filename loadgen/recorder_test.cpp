#include "loadgen/recorder.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(Recorder, AWindowsRequestIsOneThatEndsInIt) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_finished(CallOutcome::answered, 10, 99);    // warm-up
  recorder.on_finished(CallOutcome::answered, 90, 100);   // sent before, done at the first instant
  recorder.on_finished(CallOutcome::answered, 150, 199);  // done at the last
  recorder.on_finished(CallOutcome::answered, 190, 200);  // too late
  EXPECT_EQ(recorder.window().answered, 2U);
  EXPECT_EQ(recorder.whole_life().answered, 4U);
  EXPECT_EQ(recorder.latency_from_sent().count(), 2U);
  EXPECT_EQ(recorder.latency_from_sent().max(), 49U);
}

TEST(Recorder, FailuresKeepTheirKindAndAreNoLatency) {
  const Schedule schedule(0, 0ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_finished(CallOutcome::wrong_payload, 0, 10);
  recorder.on_finished(CallOutcome::reset, 0, 10);
  recorder.on_failed(Failure::connection_lost, 10, 7);
  recorder.on_failed(Failure::connection_lost, 500, 3);
  EXPECT_EQ(recorder.window().failed_total(), 9U);
  EXPECT_EQ(recorder.whole_life().failed_total(), 12U);
  EXPECT_EQ(recorder.whole_life().failed[static_cast<std::size_t>(Failure::wrong_payload)], 1U);
  EXPECT_EQ(recorder.whole_life().failed[static_cast<std::size_t>(Failure::connection_lost)], 10U);
  EXPECT_EQ(recorder.window().answered, 0U);
  EXPECT_EQ(recorder.latency_from_sent().count(), 0U);
}

TEST(Recorder, ReadsItsOwnCpuOnceAnEdge) {
  const Schedule schedule(0, 100ns, 100ns);
  Recorder recorder(schedule);
  recorder.on_step(99);
  EXPECT_EQ(recorder.cpu_at_begin().at_ns, 0);
  recorder.on_step(105);
  recorder.on_step(150);
  recorder.on_step(260);
  recorder.on_step(300);
  EXPECT_EQ(recorder.cpu_at_begin().at_ns, 105);
  EXPECT_EQ(recorder.cpu_at_end().at_ns, 260);
  EXPECT_GE(recorder.cpu_at_end().user_s, recorder.cpu_at_begin().user_s);
}

}  // namespace
}  // namespace coresweep
