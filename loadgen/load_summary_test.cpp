#include "loadgen/load_summary.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "loadgen/load_report.hpp"
#include "loadgen/sample_report.hpp"

namespace coresweep {
namespace {

using namespace sample;  // NOLINT: reports are what this file is about
using testing::HasSubstr;

// Whatever else there is to say.
TEST(WhatFailed, ASumThatIsWrongIsAnErrorOfOurs) {
  const LoadFigures right = report_of(some_requests(1), 7).figures;
  EXPECT_EQ(what_failed(right), "");
  LoadFigures figures = right;
  ++figures.due;
  EXPECT_EQ(what_failed(figures),
            "5001 requests were due but 5000 sent and 0 left over: an error in loadgen");
  ++figures.unsent;
  EXPECT_EQ(what_failed(figures), "");
  ++figures.in_flight;
  figures.connections.lost = 1;
  EXPECT_EQ(what_failed(figures),
            "5000 requests were sent but 5000 answered, 0 failed and 1 left over: an error in "
            "loadgen");
  --figures.whole_life.answered;
  EXPECT_THAT(what_failed(figures), HasSubstr("1 of 7 connections were lost"));
  figures = right;
  --figures.whole_life.answered;
  EXPECT_THAT(what_failed(figures), HasSubstr("an error in loadgen"));
}

TEST(LoadSummary, ThreeDigitsAndAUnit) {
  EXPECT_EQ(nanoseconds_text(0), "0 ns");
  EXPECT_EQ(nanoseconds_text(999), "999 ns");
  EXPECT_EQ(nanoseconds_text(1'000), "1 us");
  EXPECT_EQ(nanoseconds_text(1'234'567), "1.23 ms");
  EXPECT_EQ(nanoseconds_text(999'700), "1 ms");
  EXPECT_EQ(nanoseconds_text(100e9), "100 s");
}

TEST(LoadSummary, SaysWhenTheClientMayHaveBeenTheLimit) {
  LoadReport report = report_of(some_requests(1), 7);
  EXPECT_THAT(summary_of(report), HasSubstr("no sign that the client was the limit"));
  report.figures.threads[0].run_delay_s = 0.3;
  EXPECT_THAT(summary_of(report),
              HasSubstr("THE LIMIT: a thread was ready and without a CPU for 10 % of the time."));
  report.figures.threads[0].cpu_user_s = 3.3;
  EXPECT_THAT(summary_of(report),
              HasSubstr("THE LIMIT: a thread was busy above 90 % of the time;"));
}

TEST(LoadSummary, SaysWhatPartOfLatencyIsTheClients) {
  LoadReport report = report_of(some_requests(1), 7);
  Histogram& late = report.figures.client_late;
  Histogram& read = report.figures.client_read_late;
  const auto of_all = [&](std::uint64_t value) {
    Histogram all;
    for (std::uint64_t i = 0; i < report.figures.latency_from_due.count(); ++i) {
      all.record(value);
    }
    return all;
  };
  const double p99 = latency_json(report.figures.latency_from_due)["p99"].get<double>();
  const auto most = static_cast<std::uint64_t>(p99 / 10);
  late = read = of_all(most);
  EXPECT_THAT(summary_of(report), Not(HasSubstr("A PART OF THESE LATENCIES")));
  late = of_all(most + most / 100);
  EXPECT_THAT(summary_of(report), HasSubstr("A PART OF THESE LATENCIES IS THE CLIENT'S: p99 of "));
  late = Histogram();
  EXPECT_THAT(summary_of(report), Not(HasSubstr("A PART OF THESE LATENCIES")));
  late = of_all(most);
  read = of_all(most + most / 100);
  EXPECT_THAT(summary_of(report), HasSubstr("A PART OF THESE LATENCIES IS THE CLIENT'S: p99 of "));
  EXPECT_THAT(rate_table(std::vector{report}, std::nullopt), HasSubstr("  IN PART THE CLIENT'S"));
}

TEST(LoadSummary, NamesTheSecondsWithoutAnAnswer) {
  LoadReport report = report_of(some_requests(1), 7);
  report.figures.seconds[1].ended.answered = 0;
  EXPECT_THAT(summary_of(report), HasSubstr("without any answer: second 1\n"));
}

}  // namespace
}  // namespace coresweep
