#include "loadgen/load_report.hpp"

#include <gmock/gmock.h>

#include "loadgen/sample_report.hpp"

namespace coresweep {
namespace {

using namespace sample;  // NOLINT: reports are what this file is about
using testing::HasSubstr;

TEST(LoadReport, IsReadBackAsItWasWritten) {
  LoadReport report = report_of(some_requests(1), 7);
  report.figures.window.failed = {0, 1, 0, 2, 0, 3};
  report.figures.seconds[1].ended.failed = {0, 1, 0, 2, 0, 3};
  report.figures.whole_life.failed = {9, 1, 0, 2, 0, 3};
  report.figures.statuses[5] = 9;
  report.figures.connections.first_loss = "the server closed the connection";
  report.figures.connections.lost = 2;
  report.figures.connections.closed = 5;
  report.figures.connections.failed = {1, 2, 3, 4, 5, 6};
  report.figures.connect_to_first_reply.record(12'345);
  report.figures.time_wait_at_begin = 3;
  report.figures.time_wait_at_end = 4;
  report.figures.connections.drained = 4;
  report.figures.first_message = "no such account";
  report.figures.first_wrong_reply = "HTTP status 200 and grpc-status 5 \"no such account\"";
  report.figures.given_up = 10;
  report.figures.unsent = 11;
  report.figures.in_flight = 12;
  report.figures.sent += 15 + 12;
  report.figures.due = report.figures.sent + 11;
  report.figures.overdue_at_begin = 13;
  const Json json = to_json(report);
  EXPECT_EQ(to_json(read_report(json)), json);
  EXPECT_EQ(to_json(read_report(*parse_json_line(json.dump()))), json);
}

TEST(LoadReport, EachKeyThatIsMissingIsNamed) {
  const Json whole = to_json(report_of(some_requests(1), 7));
  for (const auto& [key, unused] : whole.items()) {
    Json cut = whole;
    cut.erase(key);
    EXPECT_THAT([&] { (void)read_report(cut); },
                testing::ThrowsMessage<ReportError>(HasSubstr("'" + key + "' is missing")));
  }
}

TEST(LoadReport, AWrongHistogramIsNamed) {
  Json json = to_json(report_of(some_requests(1), 7));
  json["client_late_ns"]["histogram"] = "HISTF";
  EXPECT_THAT([&] { (void)read_report(json); },
              testing::ThrowsMessage<ReportError>(HasSubstr("'histogram' is no HdrHistogram")));
  json = to_json(report_of(some_requests(1), 7));
  json["client_late_ns"]["count"] = 3;
  EXPECT_THAT([&] { (void)read_report(json); },
              testing::ThrowsMessage<ReportError>(HasSubstr("'client_late_ns' counts 3 and its")));
}

TEST(LoadReport, AFigureThatOthersContradictIsNamed) {
  const Json whole = to_json(report_of(some_requests(1), 7));
  const std::uint64_t answered = whole["requests_answered"];
  const struct {
    const char* place;
    Json value;
    const char* why;
  } cases[] = {
      {"/latency_from_due_ns/max", 1'000'000'000'000'000'000,
       "'latency_from_due_ns/max' is 1000000000000000000, and by its other figures "},
      {"/latency_from_due_ns/max", 1, "'latency_from_due_ns/max' is 1, and by"},
      {"/latency_from_due_ns/max", 0, "'latency_from_due_ns/max' is 0, and by"},
      {"/client_late_ns/mean", 1e308, "'client_late_ns/mean' is 1e+308, and by"},
      {"/client_late_ns/mean", 0, "'client_late_ns/mean' is 0, and by"},
      {"/latency_from_sent_ns/p50", 5, "'latency_from_sent_ns/p50' is 5, and by"},
      {"/connect_to_first_reply_ns/max", 5, "'connect_to_first_reply_ns/max' is 5, and by"},
      {"/requests_answered", answered + 1'000, "and by 'seconds' to"},
      {"/load_threads/0/requests_answered", answered + 1, "and by 'load_threads' to"},
      {"/requests_due_unanswered", 4, "'latency_from_due_ns' with 'requests_due_unanswered' come"},
      {"/requests_due", 7, "'requests_due' is 7, and by its other figures 5000"},
      {"/requests_failed", 1, "'requests_failed' is 1, and by its other figures 0"},
      {"/throughput_per_s", 1, "'throughput_per_s' is 1, and by"},
      {"/failures", Json::array(), "'failures' is [], not counts by kind"},
      {"/failures", 3, "'failures' is 3, not counts by kind"},
      {"/failures", {{"tired", 3}}, "'failures' has \"tired\", which is no kind of them"},
      {"/failures", {{"reset", 3}}, "'failures' are others than those of 'seconds'"},
      {"/totals/failures", {{"reset", -3}}, "'reset' is -3, not a count"},
      {"/totals/failures", {{"reset", 3}}, "'totals/requests_sent' come to 5000, and by how they"},
      {"/totals/requests_due", 4'999, "'totals/requests_due' come to 4999, and by what was sent"},
      {"/totals/connections_failed", 3, "'connections_failed' is 3, not counts by kind"},
      {"/totals/grpc_statuses/3", -1, "'grpc_statuses' is no list of 18 counts"},
      {"/totals/grpc_statuses/3", 1, "'totals/grpc_statuses' come to 1, and by 'wrong_status'"},
      {"/totals/first_loss", 5, "'totals/first_loss' is 5, and by its other figures null"},
      {"/totals/first_wrong_reply", 5, "'totals/first_wrong_reply' is 5, and by its other figures"},
      {"/seconds", Json::array(), "'seconds' are 0, and the window has 3"},
      {"/seconds/3", whole["seconds"][0], "'seconds' are 4, and the window has 3"},
      {"/seconds/1/second", 0, "'seconds/1/second' is 0, and by its other figures 1"},
      {"/seconds/1/requests_answered", 1, "a second's 'requests_answered' is 1, and in its"},
      {"/load_threads", Json::array(), "'load_threads' to 0"},
      {"/load_threads/0/cpu", 1e300, "'cpu' is 1e+300, not a count"},
      {"/load_threads/0/busy_share", 7, "'load_threads/0/busy_share' is 7, and by"},
      {"/threads", 2, "'threads' come to 2, and by 'load_threads' to 1"},
      {"/idle_connections", 2, "come to 9, and by 'load_threads' to 7"},
      {"/rate_per_s", nullptr, "'rate_per_s' is null in mode \"constant\""},
      {"/rate_per_s", "many", "'rate_per_s' is \"many\", not a count"},
      {"/mode", "closed", "'rate_per_s' is 1000 in mode \"closed\""},
      {"/warmup_s", "long", "'warmup_s' is \"long\", not a number"},
      {"/abortive_close", 1, "'abortive_close' is 1, not true or false"},
      {"/phase", 1, "'phase' is 1, not a text"},
      {"/window_begin_epoch_ns", 1ULL << 63, "'window_begin_epoch_ns' is 9223372036854775808, not"},
  };
  for (const auto& [place, value, why] : cases) {
    Json spoilt = whole;
    spoilt[Json::json_pointer(place)] = value;
    EXPECT_THAT([&] { (void)read_report(spoilt); },
                testing::ThrowsMessage<ReportError>(HasSubstr(why)))
        << place;
  }
}

// A percentile is told when ten are above it by rank, also where all are equal.
TEST(LatencyJson, TenAboveItByRank) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) {
    histogram.record(200'000'000);
  }
  EXPECT_TRUE(latency_json(histogram)["p99"].is_null());
  EXPECT_FALSE(latency_json(histogram)["p90"].is_null());
  histogram.record(200'000'000);
  EXPECT_FALSE(latency_json(histogram)["p99"].is_null());
  EXPECT_TRUE(latency_json(histogram)["p999"].is_null());
}

// One of a hundred had no answer: nobody knows p99, and p90 is a little farther up.
TEST(LatencyJson, WhatHadNoAnswerTookLongerThanAll) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 9'900; ++i) {
    histogram.record(i * 100'000);
  }
  const Json json = latency_json(histogram, 100);
  const Json without = latency_json(histogram);
  EXPECT_EQ(json["p50"], histogram.percentile(100 * 5'000 / 9'900.0));
  EXPECT_GT(json["p90"], without["p90"]);
  EXPECT_EQ(json["p99"], histogram.max());
  EXPECT_TRUE(json["p999"].is_null());
  EXPECT_TRUE(latency_json(histogram, 101)["p99"].is_null());
  EXPECT_TRUE(latency_json(Histogram(), 101)["p50"].is_null());
  EXPECT_EQ(json["count"], 9'900);
}

}  // namespace
}  // namespace coresweep
