#include "harness/verdict.hpp"

#include <gmock/gmock.h>

#include "harness/good_report.hpp"

namespace coresweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Cell kJudged{Role::kArm, "shared_reactor", "nghttp2", 1, 64, 10};
const std::vector<PhysicalCore> kTwoCores{{{0}}, {{1}}};

// A trial with nothing to object to.
TrialReadings good() {
  TrialReadings readings;
  readings.server_cpus = {0};
  readings.load_cpus = {1};
  readings.load = parse_load_report(good_report());
  readings.load->busy_shares = {0.5, 0.9};
  readings.load->totals = {5000, 5000, 0, 0, 64, 0};
  readings.server_totals = {5000, 64};
  return readings;
}

// "name: detail" of each verdict, joined by new lines.
std::string judged(const TrialReadings& readings,
                   const std::vector<PhysicalCore>& cores = kTwoCores) {
  std::string text;
  for (const Verdict& verdict : judge(kJudged, readings, cores, Thresholds())) {
    text += (text.empty() ? "" : "\n") + verdict.name + ": " + verdict.detail;
  }
  return text;
}

TEST(Verdict, NothingIsValid) { EXPECT_THAT(judged(good()), IsEmpty()); }

TEST(Verdict, ABreakdownFails) {
  TrialReadings readings;
  readings.server_cpus = {0};
  readings.load_cpus = {1};
  readings.breakdown = "the server was killed by signal 11 (Segmentation fault)";
  EXPECT_EQ(judged(readings), "failed: the server was killed by signal 11 (Segmentation fault)");
}

TEST(Verdict, FailedRequestsAndLostConnectionsFailWithTheirKinds) {
  TrialReadings readings = good();
  readings.load->totals = {
      5000, 4990, 10, 0, 64, 2, {{"connection_lost", 9}, {"wrong_payload", 1}}};
  EXPECT_EQ(judged(readings),
            "failed: 10 requests failed (connection_lost 9, wrong_payload 1); 2 connections were "
            "lost");
}

TEST(Verdict, TheFirstWrongReplyIsTold) {
  TrialReadings readings = good();
  Json report = good_report();
  report["totals"]["first_wrong_reply"] = "00 61 \".a\" (2 bytes) where nothing was \x1b[2J due";
  readings.load->totals = parse_load_report(report).totals;
  EXPECT_THAT(judged(readings), Not(HasSubstr("the first"))) << "no request failed";
  readings.load->totals.requests_failed = 1;
  readings.load->totals.failures = {{"wrong_payload", 1}};
  EXPECT_THAT(judged(readings),
              HasSubstr("failed: 1 requests failed (wrong_payload 1); the first wrong reply: 00 61 "
                        "\".a\" (2 bytes) where nothing was ?[2J due; "));
}

TEST(Verdict, WhatWasNeverAnsweredFails) {
  TrialReadings readings = good();
  readings.load->totals = {5000, 4997, 0, 3, 64, 0};
  readings.server_totals->requests = 4998;
  EXPECT_EQ(judged(readings), "failed: 3 requests were never answered");
}

TEST(Verdict, ASumThatDoesNotBalanceFails) {
  TrialReadings readings = good();
  readings.load->totals.requests_sent = 5001;
  EXPECT_EQ(
      judged(readings),
      "failed: 5001 requests sent, but 5000 accounted for (5000 answered, 0 failed, 0 in flight)");
}

TEST(Verdict, TotalsOfTheTwoSidesMustBeEqual) {
  for (const std::uint64_t answered : {4999U, 5001U}) {
    TrialReadings readings = good();
    readings.server_totals->requests = answered;
    EXPECT_EQ(judged(readings),
              "failed: the server answered " + std::to_string(answered) +
                  " requests, the load generator sent 5000 and was answered 5000");
  }
  TrialReadings readings = good();
  readings.server_totals->connections_accepted = 63;
  EXPECT_EQ(judged(readings),
            "failed: the server accepted 63 connections, the load generator opened 64");
}

TEST(Verdict, FewerConnectionsThanAskedAreTroubleWithPorts) {
  TrialReadings readings = good();
  readings.load->totals.connections_opened = 60;
  readings.server_totals->connections_accepted = 60;
  EXPECT_EQ(judged(readings), "port_trouble: 60 connections opened of 64 asked for");
}

TEST(Verdict, AWindowThatWasNotSeenFails) {
  TrialReadings readings = good();
  readings.load->throughput_per_s.reset();
  readings.load->busy_shares = {std::nullopt};
  EXPECT_EQ(judged(readings), "failed: the load generator did not see its whole window");
}

TEST(Verdict, AWindowWithoutAnAnswerFails) {
  TrialReadings readings = good();
  readings.load->throughput_per_s = 0;
  EXPECT_EQ(judged(readings), "failed: no request was answered in the window");
}

TEST(Verdict, ACpuOrASiblingOfBothSetsIsShared) {
  TrialReadings readings = good();
  readings.server_cpus = {0, 1};
  EXPECT_EQ(judged(readings), "shared_cpus: server CPUs 1 share a physical core with load CPUs 1");
  EXPECT_EQ(judged(good(), {{{0, 1}}}),
            "shared_cpus: server CPUs 0 share a physical core with load CPUs 1");
}

TEST(Verdict, ALoadThreadBusyAboveTheThresholdIsClientBound) {
  TrialReadings readings = good();
  readings.load->busy_shares = {0.5, 0.971, 0.90, 0.9001};
  EXPECT_EQ(judged(readings),
            "client_bound: load thread 1 busy 0.971, load thread 3 busy 0.900, above 0.90");
}

TEST(Verdict, TheCeilingIsNeverClientBound) {
  TrialReadings readings = good();
  readings.load->busy_shares = {0.99};
  Cell ceiling = kJudged;
  ceiling.role = Role::kCeiling;
  EXPECT_THAT(judge(ceiling, readings, kTwoCores, Thresholds()), IsEmpty());
}

// Steal cannot be provoked here; its reading is tested on recorded pairs in machine_cpu_test.cpp.
TEST(Verdict, StealOnAUsedCpuIsNoise) {
  TrialReadings readings = good();
  const auto stolen_s = [&readings](double cpu0, double cpu1, double cpu2) {
    readings.machine_cpu = {{"window_s", 2.5},
                            {"per_cpu",
                             {{{"cpu", 0}, {"steal_s", cpu0}},
                              {{"cpu", 1}, {"steal_s", cpu1}},
                              {{"cpu", 2}, {"steal_s", cpu2}}}}};
    return judged(readings);
  };
  EXPECT_THAT(stolen_s(0.02, 0.02, 2.0), IsEmpty());
  EXPECT_EQ(stolen_s(0.0, 0.05, 0.0), "noisy_host: 2.0 % of CPU 1 was stolen, above 1.0 %");
  EXPECT_EQ(stolen_s(0.25, 0.0, 0.0), "noisy_host: 10.0 % of CPU 0 was stolen, above 1.0 %");
}

TEST(Verdict, AThreadAloneThatWaitsForItsCpuIsNoise) {
  TrialReadings readings = good();
  readings.load->line["window_s"] = 2.0;
  readings.server_window = {{"window_s", 2.0},
                            {"threads", {{{"thread", 0}, {"run_delay_s", 0.03}}}}};
  readings.load->line["load_threads"] = {
      {{"thread", 0}, {"window_s", 2.0}, {"run_delay_s", 0.01}},
      {{"thread", 1}, {"window_s", 2.0}, {"run_delay_s", nullptr}}};
  EXPECT_THAT(judged(readings), IsEmpty());
  readings.server_window->at("threads").at(0).at("run_delay_s") = 0.05;
  EXPECT_EQ(judged(readings),
            "noisy_host: server thread 0 waited for its CPU 2.5 % of the window, above 2.0 %");
  // Threads that roam over several CPUs delay each other; over one it has that CPU alone.
  Cell roaming = kJudged;
  roaming.conditions.pin = Pin::none;
  const std::vector<PhysicalCore> three_cores{{{0}}, {{1}}, {{2}}};
  EXPECT_EQ(judge(roaming, readings, three_cores, Thresholds()).size(), 1U);
  readings.server_cpus = {0, 2};
  EXPECT_THAT(judge(roaming, readings, three_cores, Thresholds()), IsEmpty());
  // On shared CPUs the two sides delay each other.
  readings.server_cpus = {0, 1};
  EXPECT_THAT(judged(readings), testing::StartsWith("shared_cpus"));
  EXPECT_THAT(judged(readings), testing::Not(HasSubstr("noisy_host")));
}

TEST(Verdict, WhatAThreadWaitedForSoftirqsIsNoNoise) {
  TrialReadings readings = good();
  readings.load->line["window_s"] = 2.0;
  readings.load->line["load_threads"] = {
      {{"thread", 0}, {"window_s", 2.0}, {"run_delay_s", 0.2}, {"cpu", 1}}};
  readings.server_window = {{"window_s", 2.0},
                            {"threads", {{{"thread", 0}, {"run_delay_s", 0.1}}}}};
  const auto softirqs_s = [&readings](double of_server, const Json& of_load) {
    Json per_cpu = Json::array();
    for (const auto& [cpu, ran_s] : {std::pair(0, Json(of_server)), std::pair(1, of_load)}) {
      per_cpu.push_back({{"cpu", cpu}, {"steal_s", 0.0}, {"softirq_thread_s", ran_s}});
    }
    readings.machine_cpu = {{"window_s", 2.0}, {"per_cpu", per_cpu}};
    return judged(readings);
  };
  EXPECT_THAT(softirqs_s(0.07, 0.17), IsEmpty());
  EXPECT_EQ(softirqs_s(0.07, 0.15),
            "noisy_host: load thread 0 waited for its CPU 10.0 % of the window, at most 7.5 % of "
            "it for softirqs, above 2.0 %");
  EXPECT_EQ(softirqs_s(0.05, 0.17),
            "noisy_host: server thread 0 waited for its CPU 5.0 % of the window, at most 2.5 % of "
            "it for softirqs, above 2.0 %");
  EXPECT_EQ(softirqs_s(0.07, nullptr),
            "noisy_host: load thread 0 waited for its CPU 10.0 % of the window, above 2.0 %");
}

TEST(Verdict, AUsedCpuThatGetsSlowerIsNoise) {
  TrialReadings readings = good();
  const auto sampled = [&readings](const Json& khz) {
    readings.cpu_frequency = {{"per_cpu", {{{"cpu", 3}, {"khz", khz}}}}};
    return judged(readings);
  };
  EXPECT_THAT(sampled({3'000'000, 3'000'000, 2'910'000, 2'910'000}), IsEmpty());
  EXPECT_THAT(sampled({3'000'000}), IsEmpty());
  EXPECT_THAT(sampled({2'000'000, 3'000'000, 3'000'000}), IsEmpty());
  EXPECT_EQ(sampled({3'600'000, 3'600'000, 1'000'000, 3'400'000, 3'400'000}),
            "noisy_host: CPU 3 fell from 3.600 to 3.400 GHz, by more than 3.0 %");
}

TEST(Verdict, AServerReadOverAnotherTimeIsNoise) {
  TrialReadings readings = good();
  readings.load->line["window_s"] = 2.5;
  readings.server_window = {{"window_s", 2.59}, {"threads", Json::array()}};
  EXPECT_THAT(judged(readings), IsEmpty());
  for (const auto& [read_over_s, text] : {std::pair(4.0, "4.000"), std::pair(2.3, "2.300")}) {
    readings.server_window->at("window_s") = read_over_s;
    EXPECT_EQ(judged(readings), std::string("noisy_host: the server was read over ") + text +
                                    " s of a window of 2.500 s, further apart than 0.100 s");
  }
}

TEST(Verdict, SeveralStandSideBySide) {
  TrialReadings readings = good();
  readings.breakdown = "broken";
  readings.server_cpus = {1};
  readings.load->busy_shares = {1.0};
  EXPECT_EQ(judge(kJudged, readings, kTwoCores, Thresholds()).size(), 3U);
}

TEST(Thresholds, AreWrittenWithTheResult) {
  EXPECT_EQ(to_json(Thresholds()), Json::parse(R"({"noisy_host_window_gap_s": 0.1,
      "client_bound_busy_share": 0.9, "client_bound_twin_loss": 0.05,
      "unsaturated_twin_gain": 0.05, "noisy_host_steal_share": 0.01,
      "noisy_host_run_delay_share": 0.02, "noisy_host_frequency_fall_share": 0.03,
      "unsteady_silence_s": 1.0, "unsteady_requests": 20.0, "little_violation_share": 0.02,
      "port_trouble_events": 0.0, "port_trouble_retransmit_share": 0.0001,
      "network_limited_link_share": 0.9, "network_limited_allowance_events": 0.0,
      "missed_rate_share": 0.01, "missed_rate_backlog_share": 0.002,
      "missed_rate_requests": 10.0, "client_late_share": 0.1, "halves_apart_share": 0.05})"));
}

}  // namespace
}  // namespace coresweep
