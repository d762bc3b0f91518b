// From the programs' lines to the line that is stored.
#include "harness/trial_result.hpp"

#include <gmock/gmock.h>

#include "harness/good_report.hpp"

namespace coresweep {
namespace {

const Cell kCell{Role::kArm, "reuseport_loops", "nghttp2", 1, 64, 10};
const PlannedTrial kPlanned{7, 1, 0};

Json snapshot_line(int requests, double user_s) {
  return {{"event", "snapshot"},
          {"monotonic_ns", static_cast<std::int64_t>(user_s * 1e9)},
          {"threads",
           {{{"thread", 0},
             {"tid", 77},
             {"requests", requests},
             {"cpu_user_s", user_s},
             {"run_delay_s", nullptr}}}},
          {"totals", {{"requests", requests}, {"connections_accepted", 64}}},
          {"process", {{"cpu_user_s", user_s}, {"cpu_system_s", 1.0}}}};
}

TEST(LoadReport, TakesWhatTheVerdictsNeed) {
  const LoadReport report = parse_load_report(good_report());
  EXPECT_EQ(report.throughput_per_s, 400.0);
  EXPECT_THAT(report.busy_shares, testing::ElementsAre(0.3));
  EXPECT_EQ(report.totals.requests_sent, 1200U);
  EXPECT_EQ(report.totals.connections_opened, 64U);
}

TEST(LoadReport, MayLackItsWindow) {
  Json line = good_report();
  line["throughput_per_s"] = nullptr;
  line["load_threads"][0]["busy_share"] = nullptr;
  EXPECT_EQ(parse_load_report(line).throughput_per_s, std::nullopt);
  EXPECT_THAT(parse_load_report(line).busy_shares, testing::ElementsAre(std::nullopt));
}

TEST(LoadReport, AMissingOrWrongFieldIsNoticed) {
  for (const char* key : {"window_s", "totals", "load_threads", "latency_from_sent_ns", "silences",
                          "seconds"}) {
    Json line = good_report();
    line.erase(key);
    EXPECT_THROW(static_cast<void>(parse_load_report(line)), Json::exception) << key;
  }
  Json line = good_report();
  line["totals"].erase("segments_retransmitted");
  EXPECT_THROW(static_cast<void>(parse_load_report(line)), Json::exception);
  line = good_report();
  line["totals"]["requests_sent"] = "many";
  EXPECT_THROW(static_cast<void>(parse_load_report(line)), Json::exception);
}

TEST(ServerBetween, IsTheDifferenceOfCountersAndTheLaterOfTheRest) {
  Json before = snapshot_line(200, 1.5);
  Json after = snapshot_line(1200, 3.0);
  before["process"]["resident_kb"] = 100;
  after["process"]["resident_kb"] = 120;
  before["process"]["page_faults_minor"] = 10;
  after["process"]["page_faults_minor"] = 11;
  before["threads"][0]["connections_open"] = 63;
  after["threads"][0]["connections_open"] = 64;
  EXPECT_EQ(server_between(before, after),
            Json::parse(R"({"window_s": 1.5, "cpu_user_s": 1.5, "cpu_system_s": 0.0,
      "process": {"resident_kb": 120, "page_faults_minor": 1, "migrations": null},
      "threads": [{"thread": 0, "tid": 77, "requests": 1000, "cpu_user_s": 1.5,
                   "run_delay_s": null, "connections_open": 64, "busy_share": null}]})"));
  after["threads"][0]["connections_open"] = nullptr;
  EXPECT_TRUE(server_between(before, after)["threads"][0].at("connections_open").is_null());
}

TEST(ServerBetween, OfWhatEitherDoesNotKnowIsNull) {
  Json before = snapshot_line(200, 1.0);
  Json after = snapshot_line(300, 3.0);
  for (Json* line : {&before, &after}) {
    Json& thread = (*line)["threads"][0];
    thread["cpu_system_s"] = 0.25 * thread.at("cpu_user_s").get<double>();
    thread["migrations"] = thread.at("requests");
    thread["loop_waits"] = nullptr;
  }
  Json window = server_between(before, after);
  EXPECT_EQ(window.at("threads")[0].at("busy_share"), 1.25);
  EXPECT_EQ(window.at("process").at("migrations"), 100);
  EXPECT_TRUE(window.at("threads")[0].at("loop_waits").is_null());
  for (Json* line : {&before, &after}) {
    Json lacking = *line;
    lacking["threads"][0]["cpu_user_s"] = nullptr;
    lacking["threads"][0]["migrations"] = nullptr;
    window = line == &before ? server_between(lacking, after) : server_between(before, lacking);
    EXPECT_TRUE(window.at("threads")[0].at("cpu_user_s").is_null());
    EXPECT_TRUE(window.at("threads")[0].at("busy_share").is_null());
    EXPECT_TRUE(window.at("process").at("migrations").is_null());
  }
}

TEST(ServerBetween, OfAServerThatTellsNoThreadsHasNone) {
  Json before = snapshot_line(200, 1.0);
  Json after = snapshot_line(300, 3.0);
  before["threads"] = nullptr;
  after["threads"] = nullptr;
  after["process"]["migrations"] = 7;
  before["process"]["migrations"] = 2;
  const Json window = server_between(before, after);
  EXPECT_TRUE(window.at("threads").is_null());
  EXPECT_EQ(window.at("process").at("migrations"), 5);
}

TEST(ServerBetween, AThreadThatWasNotThereIsNoticed) {
  Json before = snapshot_line(1, 1);
  before["threads"] = Json::array();
  EXPECT_THROW(static_cast<void>(server_between(before, snapshot_line(2, 2))), Json::exception);
}

TEST(TrialResult, OfACompleteTrial) {
  TrialReadings readings;
  readings.started_at = "2026-01-31T12:00:00Z";
  readings.server_cpus = {0};
  readings.load_cpus = {1};
  readings.load = parse_load_report(good_report());
  readings.server_totals = parse_server_totals(snapshot_line(1200, 3.0));
  readings.server_window = server_between(snapshot_line(200, 1.5), snapshot_line(1200, 3.0));
  readings.machine_cpu = Json::object();
  const Json result = trial_result(kPlanned, kCell, readings, {}, Thresholds());
  EXPECT_EQ(result.at("schema_version"), 2);
  EXPECT_EQ(result.at("trial"), 7);
  EXPECT_EQ(result.at("block"), 1);
  EXPECT_EQ(result.at("cell"), "reuseport_loops/nghttp2/t1/c64/s10");
  EXPECT_EQ(result.at("role"), "arm");
  EXPECT_EQ(result.at("factors"),
            Json::parse(R"({"architecture": "reuseport_loops", "engine": "epoll",
      "http2": "nghttp2", "threads": 1, "connections": 64, "streams": 10, "mode": "closed",
      "rate_per_s": null, "rate_share": null, "requests_per_connection": null, "client_work": 0.0,
      "handler_cpu": "0ns",
      "handler_wait": "0ns", "reply_bytes": 0, "stall_thread": null, "pin": "each",
      "backlog": "whole"})"));
  EXPECT_EQ(result.at("verdict"), Json::array());
  EXPECT_EQ(result.at("thresholds"), to_json(Thresholds()));
  for (const std::string& key : kReportedFigures) {
    EXPECT_EQ(result.at(key), good_report().at(key)) << key;
  }
  EXPECT_EQ(result.at("seconds"), Json::parse(R"([{"second": 0, "requests_answered": 400}])"));
  EXPECT_EQ(result.at("connections"), Json::parse(R"({"closed": 0, "failed": {},
      "segments_sent": 2500, "segments_retransmitted": 0,
      "segments_retransmitted_needlessly": 0, "segments_sent_connecting": 256,
      "segments_retransmitted_connecting": 0})"));
  EXPECT_TRUE(result.at("cpu_frequency").is_null());
  EXPECT_EQ(result.at("throughput_per_s"), 400.0);
  EXPECT_EQ(result.at("server").at("cpus"), Json::array({0}));
  EXPECT_EQ(result.at("server").at("threads")[0].at("requests"), 1000);
  EXPECT_EQ(result.at("load").at("threads")[0].at("cpu"), 1);
  EXPECT_EQ(result.at("totals").at("server").at("requests"), 1200);
  EXPECT_EQ(result.at("totals").at("load").at("requests_sent"), 1200);
  EXPECT_FALSE(result.contains("stderr"));
  EXPECT_FALSE(result.contains("notes"));
  readings.notes = {"it had to be killed"};
  EXPECT_EQ(trial_result(kPlanned, kCell, readings, {}, Thresholds()).at("notes"),
            Json::array({"it had to be killed"}));
}

TEST(TrialResult, SaysHowItWasLoaded) {
  Cell cell = kCell;
  cell.load = {.mode = Mode::poisson, .rate_per_s = 20'000};
  TrialReadings readings;
  readings.load_seed = 0xffff'ffff;
  const Json result = trial_result(kPlanned, cell, readings, {}, Thresholds());
  EXPECT_EQ(result.at("load_seed"), 0xffff'ffff);
  Json factors = result.at("factors");
  EXPECT_EQ(factors.at("mode"), "poisson");
  EXPECT_EQ(factors.at("rate_per_s"), 20'000);
  EXPECT_TRUE(factors.at("requests_per_connection").is_null());
  cell.load = {.mode = Mode::churn, .requests_per_connection = 3};
  factors = trial_result(kPlanned, cell, {}, {}, Thresholds()).at("factors");
  EXPECT_EQ(factors.at("mode"), "churn");
  EXPECT_TRUE(factors.at("rate_per_s").is_null());
  EXPECT_EQ(factors.at("requests_per_connection"), 3);
}

TEST(TrialResult, OfAFailedTrialHasNullAndWhatWasSaidOnStderr) {
  TrialReadings readings;
  readings.server_errors = "greeter: assertion failed\n";
  const std::vector<Verdict> verdicts{{kFailed, "the server exited with 134"}};
  const Json result = trial_result(kPlanned, kCell, readings, verdicts, Thresholds());
  EXPECT_EQ(result.at("verdict"), Json::array({"failed"}));
  EXPECT_EQ(result.at("verdict_details").at("failed"), "the server exited with 134");
  for (const std::string& key : kReportedFigures) {
    EXPECT_TRUE(result.at(key).is_null()) << key;
  }
  for (const char* key : {"seconds", "connections", "server", "load", "machine_cpu", "network",
                          "network_connecting", "cpu_frequency", "load_seed"}) {
    EXPECT_TRUE(result.at(key).is_null()) << key;
  }
  EXPECT_TRUE(result.at("totals").at("server").is_null());
  EXPECT_EQ(result.at("stderr").at("server"), "greeter: assertion failed\n");
}

}  // namespace
}  // namespace coresweep
