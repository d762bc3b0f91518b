#include "loadgen/load_report.hpp"

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "loadgen/load_summary.hpp"
#include "loadgen/merge_reports.hpp"
#include "loadgen/recorder.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

struct Request {
  std::int64_t due;
  std::int64_t sent;
  std::int64_t done;
};

// Three seconds' worth, of all sizes of latency, by `seed`.
std::vector<Request> some_requests(unsigned seed) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> wait(12, 2);
  std::vector<Request> requests;
  for (int i = 0; i < 5'000; ++i) {
    const auto due = static_cast<std::int64_t>(random() % (3 * kSecond));
    const auto sent = due + static_cast<std::int64_t>(wait(random));
    requests.push_back({due, sent, sent + static_cast<std::int64_t>(wait(random))});
  }
  std::ranges::sort(requests, {}, &Request::done);
  return requests;
}

LoadReport report_of(const std::vector<Request>& requests, std::uint64_t connections) {
  const Schedule schedule(0, 0s, 3s);
  Recorder recorder(schedule, Recorder::Latencies::due_in_window);
  for (const Request& request : requests) {
    recorder.on_due(request.due);
    recorder.on_sent({request.due, request.sent}, request.sent - request.due);
    recorder.on_read(request.done - request.due % 1'000'000);
    recorder.on_finished(CallOutcome::answered, {request.due, request.sent}, request.done);
    if (request.due % 7 == 0) {
      recorder.on_first_reply(request.due, request.done);
    }
  }
  LoadOptions options;
  options.arrivals = Arrivals::constant;
  options.rate_per_s = 1'000;
  options.duration = 3s;
  options.connections = static_cast<int>(connections);
  options.target.text = "server:1";
  LoadReport report{.asked = what_is_asked(options),
                    .window_begin_epoch_ns = 1'700'000'000 * kSecond,
                    .window_s = 3,
                    .figures = recorder.figures()};
  report.figures.connections.opened = connections;
  report.figures.threads = {{.client = 0,
                             .thread = 0,
                             .cpu = 3,
                             .connections = connections,
                             .requests_answered = report.figures.window.answered,
                             .window_s = 3,
                             .cpu_user_s = 1.25,
                             .cpu_system_s = 0.1,
                             .run_delay_s = std::nullopt,
                             .spun_s = 0.5}};
  return report;
}

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

std::string why_not(const std::vector<LoadReport>& reports) {
  try {
    (void)merge_reports(reports);
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
  LoadReport later = report_of(some_requests(1), 7);
  later.window_begin_epoch_ns += kSecond;
  EXPECT_THAT(why_not({report_of(some_requests(1), 7), later}),
              HasSubstr("its window began 1.000 s after the first one's"));
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

TEST(LoadSummary, NamesTheSecondsWithoutAnAnswer) {
  LoadReport report = report_of(some_requests(1), 7);
  report.figures.seconds[1].ended.answered = 0;
  EXPECT_THAT(summary_of(report), HasSubstr("without any answer: second 1\n"));
}

}  // namespace
}  // namespace coresweep
