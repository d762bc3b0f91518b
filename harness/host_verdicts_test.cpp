// At each threshold's edge, of hosts that never were. What provokes the verdicts for real is in
// tests/verdicts_test.py, on one machine.
#include "harness/host_verdicts.hpp"

#include <gmock/gmock.h>

#include "harness/good_report.hpp"
#include "harness/load_verdicts.hpp"
#include "harness/verdict.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Cell kOverHosts{Role::kArm, "shared_reactor", "nghttp2", 1, 64, 10};
// All of them have the same numbers on every host.
const std::vector<PhysicalCore> kOneCore{{{0, 1}}};

Json quiet_host(const char* role) {
  return {{"role", role},
          {"cpus", {0, 1}},
          {"machine_cpu",
           {{"window_s", 2.0},
            {"per_cpu",
             {{{"cpu", 0}, {"steal_s", 0.0}}, {{"cpu", 1}, {"steal_s", 0.0}},
              {{"cpu", 2}, {"steal_s", 1.9}}}}}},
          {"network", {{"listen_overflows", 0}, {"listen_drops", 0},
                       {"segments_retransmitted", 0}}},
          {"cpu_frequency", nullptr},
          {"link_bits_per_s", 10e9},
          {"device",
           {{"counters", {{"rx_bytes", 1000}, {"tx_bytes", 1000}, {"tx_packets", 100'000}}},
            {"driver", Json::object()},
            {"per_cpu", Json::array()}}}};
}

// A trial over a server and two clients with nothing to object to.
TrialReadings good_hosts() {
  TrialReadings readings;
  readings.server_cpus = {0, 1};
  readings.load_cpus = {0, 1};
  Json report = good_report();
  report["load_threads"] = Json::array();
  for (const auto& [client, thread] : {std::pair("client1", 0), {"client1", 1}, {"client2", 0}}) {
    report["load_threads"].push_back({{"client", client}, {"thread", thread}, {"busy_share", 0.5},
                                      {"window_s", 2.5}, {"run_delay_s", 0.0}});
  }
  report["totals"]["segments_sent"] = 50'000;
  readings.load = parse_load_report(report);
  readings.server_totals = {1200, 64};
  readings.server_window = {{"window_s", 2.5}, {"threads", {{{"thread", 0},
                                                             {"run_delay_s", 0.0}}}}};
  readings.hosts = {{"web", quiet_host("server")}, {"client1", quiet_host("client")},
                    {"client2", quiet_host("client")}};
  return readings;
}

// "name: detail" of each verdict, joined by new lines.
std::string judged_hosts(const TrialReadings& readings, const Cell& cell = kOverHosts) {
  std::string text;
  for (const Verdict& verdict : judge(cell, readings, kOneCore, Thresholds())) {
    text += (text.empty() ? "" : "\n") + verdict.name + ": " + verdict.detail;
  }
  return text;
}

TEST(HostVerdicts, CpusOfOneNumberOnTwoHostsAreNotShared) {
  TrialReadings readings = good_hosts();
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
  readings.hosts.reset();
  EXPECT_THAT(judged_hosts(readings), testing::StartsWith("shared_cpus: "));
}

TEST(HostVerdicts, StealIsNamedByItsHostAndOnlyOnCpusItUses) {
  TrialReadings readings = good_hosts();
  readings.hosts->at("client2").at("machine_cpu").at("per_cpu").at(1)["steal_s"] = 0.062;
  EXPECT_EQ(judged_hosts(readings), "noisy_host: client2: 3.1 % of CPU 1 was stolen, above 1.0 %");
  // The server's own, which stand at the top of a trial's record too, are told once.
  readings = good_hosts();
  readings.hosts->at("web").at("machine_cpu").at("per_cpu").at(0)["steal_s"] = 0.2;
  readings.machine_cpu = readings.hosts->at("web").at("machine_cpu");
  EXPECT_EQ(judged_hosts(readings), "noisy_host: web: 10.0 % of CPU 0 was stolen, above 1.0 %");
}

TEST(HostVerdicts, ACpuThatGetsSlowerIsNamedByItsHost) {
  TrialReadings readings = good_hosts();
  readings.hosts->at("client1")["cpu_frequency"] = {
      {"per_cpu", {{{"cpu", 1}, {"khz", {3'600'000, 3'400'000}}}}}};
  EXPECT_EQ(judged_hosts(readings),
            "noisy_host: client1: CPU 1 fell from 3.600 to 3.400 GHz, by more than 3.0 %");
}

TEST(HostVerdicts, ThreadsThatWaitAreNamedByTheirHosts) {
  TrialReadings readings = good_hosts();
  readings.server_window->at("threads").at(0)["run_delay_s"] = 0.06;
  readings.load->line["load_threads"].at(2)["run_delay_s"] = 0.1;
  EXPECT_EQ(judged_hosts(readings),
            "noisy_host: web thread 0 waited for its CPU 2.4 % of the window, above 2.0 %; client2 "
            "thread 0 waited for its CPU 4.0 % of the window, above 2.0 %");
}

TEST(HostVerdicts, ABusyLoadThreadIsNamedByItsClient) {
  TrialReadings readings = good_hosts();
  readings.load->busy_shares = {0.5, 0.97, 0.902};
  EXPECT_EQ(judged_hosts(readings),
            "client_bound: client1 thread 1 busy 0.970, client2 thread 0 busy 0.902, above 0.90");
}

TEST(HostVerdicts, AHostThatWasLostHasNoPartInThem) {
  TrialReadings readings = good_hosts();
  readings.hosts->at("client1") = {{"role", "client"}, {"cpus", {0, 1}}, {"machine_cpu", nullptr},
                                   {"network", nullptr}, {"cpu_frequency", nullptr},
                                   {"link_bits_per_s", 10e9}, {"device", nullptr}};
  readings.hosts->at("client2") = nullptr;
  readings.breakdown = "client1: no sign of life for 5 s";
  EXPECT_EQ(judged_hosts(readings), "failed: client1: no sign of life for 5 s");
}

// The merged report has what all of them had at once: nothing of what one alone met.
TEST(HostVerdicts, WhatOneClientMetIsToldThoughTheOthersAnswersHideIt) {
  TrialReadings readings = good_hosts();
  Json report = good_report();
  report["totals"]["segments_sent"] = 50'000;
  const auto judged_with = [&readings, &report](const Json& other) {
    readings.client_reports = {{"client1", report}, {"client2", other}};
    return judged_hosts(readings);
  };
  EXPECT_THAT(judged_with(report), IsEmpty());
  Json silent = report;
  silent["silences"] = {
      {{"begin_ns", 0}, {"end_ns", 1'500'000'000}, {"requests_waiting", 640}}};
  EXPECT_EQ(judged_with(silent), "unsteady: client2: no answer for 1.500 s, from 0.000 s of the "
                                 "window on, while 640 requests waited for one");
  Json losing = report;
  losing["totals"]["segments_retransmitted"] = 6;
  EXPECT_EQ(judged_with(losing), "port_trouble: client2: 6 of the load's own 50000 segments were "
                                 "lost and sent again");
  Json unanswered = report;
  unanswered["requests_answered"] = 0;
  EXPECT_EQ(judged_with(unanswered), "failed: client2 was answered nothing in the window");
}

TEST(HostVerdicts, AWindowReadLateAtBothEdgesIsOfOtherRequests) {
  TrialReadings readings = good_hosts();
  (*readings.hosts)["web"]["read_late_ns"] = {99'000'000, 99'000'000};
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
  (*readings.hosts)["web"]["read_late_ns"] = {50'000, 101'000'000};
  EXPECT_EQ(judged_hosts(readings), "noisy_host: web was read 0.101 s after an edge of the window, "
                                    "further apart than 0.100 s");
}

TEST(PortTrouble, OverANetworkIsMoreThanOneSegmentInTenThousandLost) {
  TrialReadings readings = good_hosts();
  Json& totals = readings.load->line["totals"];
  totals["segments_retransmitted"] = 8;
  totals["segments_retransmitted_needlessly"] = 3;
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
  totals["segments_retransmitted"] = 9;
  EXPECT_EQ(judged_hosts(readings),
            "port_trouble: 6 of the load's own 50000 segments were lost and sent again");
  // A backlog is nobody's but the server's, wherever its clients are.
  totals["segments_retransmitted"] = 0;
  readings.network = {{"listen_overflows", 2}, {"listen_drops", 0}};
  EXPECT_EQ(judged_hosts(readings),
            "port_trouble: 2 connections found a full backlog in the window");
}

TEST(NetworkLimited, IsAnAllowanceThatWasExceeded) {
  TrialReadings readings = good_hosts();
  Json& driver = readings.hosts->at("client2").at("device").at("driver");
  driver = {{"bw_in_allowance_exceeded", 0}, {"rx_overruns", 7}};
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
  driver["bw_in_allowance_exceeded"] = 1;
  driver["pps_allowance_exceeded"] = 20;
  EXPECT_EQ(judged_hosts(readings),
            "network_limited: client2: bw_in_allowance_exceeded rose by 1; client2: "
            "pps_allowance_exceeded rose by 20");
  EXPECT_FALSE(is_external(kNetworkLimited));
}

TEST(NetworkLimited, IsALinkAboveNinetyPercentEitherWay) {
  TrialReadings readings = good_hosts();
  Json& counters = readings.hosts->at("web").at("device").at("counters");
  counters["tx_bytes"] = 2'250'000'000;  // in 2 s
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
  counters["tx_bytes"] = 2'275'000'000;
  EXPECT_EQ(judged_hosts(readings),
            "network_limited: web sent 9.1 Gbit/s, 91.0 % of its link's 10 Gbit/s, above 90 %");
  counters["tx_bytes"] = 0;
  counters["rx_bytes"] = 2'500'000'000;
  EXPECT_EQ(judged_hosts(readings),
            "network_limited: web received 10 Gbit/s, 100.0 % of its link's 10 Gbit/s, above 90 %");
  readings.hosts->at("web")["link_bits_per_s"] = nullptr;
  EXPECT_THAT(judged_hosts(readings), IsEmpty());
}

TEST(NetworkLimited, IsOfTheDevicesSpeedOrTheAllowanceWhicheverIsSmaller) {
  const Json device{{"speed_mbps", 10'000}};
  EXPECT_EQ(link_bits_per_s(device, std::nullopt), 10e9);
  EXPECT_EQ(link_bits_per_s(device, 0.02), 20e6);  // as of a veth, whose speed is made up
  EXPECT_EQ(link_bits_per_s(device, 25), 10e9);
  EXPECT_EQ(link_bits_per_s({{"speed_mbps", nullptr}}, 25), 25e9);
  EXPECT_EQ(link_bits_per_s(nullptr, std::nullopt), Json());
}

TEST(NetworkLimited, IsANoteOfACeilingWhichIsThereToFindIt) {
  TrialReadings readings = good_hosts();
  readings.hosts->at("web").at("device").at("driver") = {{"bw_out_allowance_exceeded", 3}};
  Cell ceiling = kOverHosts;
  ceiling.role = Role::kCeiling;
  EXPECT_THAT(judged_hosts(readings, ceiling), IsEmpty());
  EXPECT_THAT(notes_of(ceiling, readings, Thresholds()),
              ElementsAre("the ceiling is the network's: web: bw_out_allowance_exceeded rose by "
                          "3"));
  EXPECT_THAT(notes_of(kOverHosts, readings, Thresholds()), IsEmpty());
}

TEST(SentAgain, IsANoteOfHostsWhoseverSegmentsTheyWere) {
  TrialReadings readings = good_hosts();
  for (const char* name : {"web", "client2"}) {
    readings.hosts->at(name).at("network")["segments_retransmitted"] = 10;
  }
  EXPECT_THAT(sent_again_note(readings, Thresholds()), IsEmpty());
  for (const char* name : {"web", "client2"}) {
    readings.hosts->at(name).at("network")["segments_retransmitted"] = 11;
  }
  EXPECT_THAT(notes_of(kOverHosts, readings, Thresholds()),
              ElementsAre("web, client2 sent more than 0.01 % of the window's packets again"));
}

}  // namespace
}  // namespace coresweep
