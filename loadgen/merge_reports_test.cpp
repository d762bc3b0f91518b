#include "loadgen/merge_reports.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "loadgen/load_report.hpp"
#include "loadgen/sample_report.hpp"

namespace coresweep {
namespace {

using namespace sample;  // NOLINT: reports are what this file is about
using testing::HasSubstr;

// What one client would have said who had seen all of it.
TEST(MergeReports, IsExact) {
  std::vector<Request> all;
  std::vector<LoadReport> parts;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    const std::vector<Request> some = some_requests(seed);
    all.insert(all.end(), some.begin(), some.end());
    LoadReport part = report_of(some, 10 + seed);
    part.asked["mode"] = "poisson";
    part.asked["seed"] = seed;
    parts.push_back(read_report(to_json(part)));
  }
  std::ranges::sort(all, {}, &Request::done);
  const Json merged = to_json(merge_reports(parts));
  const Json whole = to_json(report_of(all, 36));
  for (const char* key :
       {"connections", "requests_answered", "throughput_per_s", "requests_due", "requests_sent",
        "requests_due_unanswered", "latency_from_due_ns", "latency_from_sent_ns", "client_late_ns",
        "client_read_late_ns", "connect_to_first_reply_ns", "seconds", "totals"}) {
    EXPECT_EQ(merged[key], whole[key]) << key;
  }
  EXPECT_EQ(merged["rate_per_s"], 3'000);
  EXPECT_EQ(merged["threads"], 3);
  EXPECT_EQ(merged["load_threads"].size(), 3U);
  EXPECT_EQ(merged["load_threads"][2]["client"], 2);
}

// Of clients that differ in their connections.
LoadReport phase_of(const std::string& phase, std::uint64_t connections) {
  LoadReport report = report_of(some_requests(1), connections);
  report.asked["phase"] = phase;
  return report;
}

LoadReport report_in_mode(const std::string& mode, std::uint64_t connections) {
  LoadReport report = report_of(some_requests(1), connections);
  report.asked["mode"] = mode;
  if (mode == "closed") {
    report.asked["rate_per_s"] = nullptr;
  }
  return report;
}

std::string why_not(const std::vector<LoadReport>& reports, MaxStartGap max_start_gap = {}) {
  try {
    (void)merge_reports(reports, max_start_gap);
  } catch (const ReportError& error) {
    return error.what();
  }
  return "";
}

TEST(MergeReports, PhasesKeepTheRateOfTheirSchedule) {
  const std::vector<LoadReport> both{phase_of("1/2", 7), phase_of("2/2", 8)};
  const LoadReport merged = merge_reports(both);
  EXPECT_EQ(merged.asked["rate_per_s"], 1'000);
  EXPECT_TRUE(merged.asked["phase"].is_null());
}

TEST(MergeReports, RefusesWhatAreNoPartsOfOneSchedule) {
  EXPECT_EQ(why_not({phase_of("1/2", 7), phase_of("1/2", 8)}), "phase \"1/2\" is there twice");
  EXPECT_EQ(why_not({phase_of("2/3", 7), phase_of("1/3", 8)}),
            "2 of the schedule's 3 phases are here");
  EXPECT_EQ(why_not({phase_of("1/2", 7), phase_of("2/3", 8)}),
            "phase \"2/3\" is of another schedule than \"1/2\"");
  EXPECT_THAT(why_not({report_in_mode("poisson", 7), report_in_mode("poisson", 8)}),
              HasSubstr("both drew their gaps by seed 1"));
  EXPECT_THAT(why_not({report_in_mode("constant", 7), report_in_mode("constant", 8)}),
              HasSubstr("are due at the same instants: --phase i/N gives each"));
}

TEST(MergeReports, RefusesWindowsThatBeganApart) {
  const auto began = [](std::int64_t after_ns, std::uint64_t connections) {
    LoadReport report = report_in_mode("closed", connections);
    report.window_begin_epoch_ns += after_ns;
    return report;
  };
  const std::chrono::milliseconds told(1);
  EXPECT_EQ(why_not({began(0, 7), began(30'000'000, 8)}), "") << "a hundredth of 3 s";
  EXPECT_EQ(why_not({began(0, 7), began(30'000'001, 8)}),
            "its window began 0.030000 s after an earlier report's: allowed is 0.030000 s (--start "
            "EPOCH_NS)");
  EXPECT_EQ(why_not({began(0, 7), began(-1'000'000, 8)}, told), "");
  EXPECT_EQ(why_not({began(0, 7), began(-1'200'000, 8)}, told),
            "its window began 0.001200 s before an earlier report's: allowed is 0.001000 s "
            "(--start EPOCH_NS)");
  EXPECT_EQ(why_not({began(0, 7), began(1, 8)}, std::chrono::nanoseconds(0)).substr(0, 10),
            "its window");
  EXPECT_THAT(why_not({began(0, 7), began(600'000, 8), began(-600'000, 9)}, told),
              HasSubstr("began 0.001200 s before an earlier report's"))
      << "each was near the first";
}

TEST(MergeReports, CountsAClientOnce) {
  const LoadReport one = report_in_mode("closed", 7);
  const LoadReport other = report_in_mode("closed", 8);
  const std::vector<LoadReport> both{one, other};
  const LoadReport merged = merge_reports(both);
  EXPECT_EQ(merged.asked["connections"], 15);
  EXPECT_THAT(why_not({one, one}), HasSubstr("a client of it is there twice"));
  EXPECT_THAT(why_not({one, other, one}), HasSubstr("a client of it is there twice"));
  EXPECT_THAT(why_not({merged, other}), HasSubstr("a client of it is there twice"));
}

TEST(MergeReports, RefusesClientsThatAskedForOtherThings) {
  const auto with = [](const ServiceCall& service) {
    LoadOptions options;
    options.service = service;
    LoadReport report = report_in_mode("closed", 8);
    for (const char* key : {"request_bytes", "reply_bytes", "call_crc32"}) {
      report.asked[key] = what_is_asked(options)[key];
    }
    return report;
  };
  const ServiceCall call{.path = "/a.B/C",
                         .metadata = {{"key", "value"}},
                         .exchanges = {{.request = "abc", .any_reply = false, .reply = "def"}},
                         .reply_bytes = 3};
  LoadReport first = with(call);
  first.figures.threads[0].cpu = 4;
  EXPECT_EQ(why_not({first, with(call)}), "");
  ServiceCall other = call;
  other.reply_bytes = std::nullopt;
  EXPECT_EQ(why_not({first, with(other)}), "'reply_bytes' is 3 in the first and null here");
  std::vector<ServiceCall> others(4, call);
  others[0].metadata[0].second = "eulav";
  others[1].exchanges[0].request = "abd";
  others[2].exchanges[0].any_reply = true;
  others[3].exchanges.push_back(call.exchanges[0]);
  for (const ServiceCall& each : others) {
    EXPECT_THAT(why_not({first, with(each)}), HasSubstr("'call_crc32' is "));
  }
}

}  // namespace
}  // namespace coresweep
