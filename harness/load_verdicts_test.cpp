// At each threshold's edge. What provokes the verdicts for real is in tests/verdicts_test.py.
#include "harness/load_verdicts.hpp"

#include <gmock/gmock.h>

#include "harness/good_report.hpp"
#include "harness/verdict.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

const Cell kLoaded{Role::kArm, "shared_reactor", "nghttp2", 1, 64, 10};

Json open_report() {
  Json report = good_report();
  report["rate_per_s"] = 4'000;
  report["requests_due"] = 10'000;
  report["requests_sent"] = 10'000;
  report["requests_answered"] = 10'000;
  report["requests_in_flight_mean"] = 2.0;
  return report;
}

TEST(Unsteady, IsASecondOfSilenceWhileTwentyWait) {
  const auto judged = [](std::int64_t length_ns, int waiting, const Cell& cell) {
    Json report = good_report();
    report["silences"] = {{{"begin_ns", 0}, {"end_ns", 600'000'000}, {"requests_waiting", 640}},
                          {{"begin_ns", 700'000'000},
                           {"end_ns", 700'000'000 + length_ns},
                           {"requests_waiting", waiting}}};
    return unsteady_detail(cell, report, Thresholds());
  };
  EXPECT_EQ(judged(1'000'000'000, 20, kLoaded),
            "no answer for 1.000 s, from 0.700 s of the window on, while 20 requests waited for "
            "one");
  EXPECT_THAT(judged(999'999'999, 20, kLoaded), IsEmpty());
  EXPECT_THAT(judged(1'000'000'000, 19, kLoaded), IsEmpty());
  Cell waiting = kLoaded;
  waiting.conditions.wait = 100ms;
  EXPECT_THAT(judged(1'099'999'999, 20, waiting), IsEmpty());
  EXPECT_THAT(judged(1'100'000'001, 20, waiting), HasSubstr("no answer for 1.100 s"));
  Cell stalled = kLoaded;
  stalled.conditions.stall = StalledThread{0, 200ms};
  EXPECT_THAT(judged(2'000'000'000, 20, stalled), IsEmpty());
}

TEST(LittleViolation, IsMoreThanTwoPercentEitherWay) {
  const auto judged = [](double by_slots, double by_latency) {
    Json report = good_report();
    report["requests_in_flight_mean"] = by_slots;
    report["requests_in_flight_mean_by_latency"] = by_latency;
    return little_violation_detail(parse_load_report(report), Thresholds());
  };
  EXPECT_THAT(judged(100, 98.01), IsEmpty());
  EXPECT_THAT(judged(98.01, 100), IsEmpty());
  EXPECT_EQ(judged(100, 97.9),
            "100 requests were in flight by their slots and 97.9 by throughput and latency, "
            "further apart than 2.0 %");
  EXPECT_THAT(judged(97.9, 100), HasSubstr("further apart"));
  EXPECT_THAT(judged(0, 0), IsEmpty());
}

TEST(LittleViolation, IsNoneOfRequestsThatHaveNoLatency) {
  for (const char* key : {"requests_failed", "requests_in_flight_at_end", "connections_drained"}) {
    Json report = good_report();
    report["requests_in_flight_mean_by_latency"] = 1.0;
    report["totals"][key] = 1;
    EXPECT_THAT(little_violation_detail(parse_load_report(report), Thresholds()), IsEmpty());
  }
}

TEST(PortTrouble, IsAnyOfItsEvents) {
  TrialReadings readings;
  readings.load = parse_load_report(good_report());
  readings.network = {{"listen_overflows", 0}, {"listen_drops", nullptr}};
  const auto judged = [&readings] { return port_trouble_detail(kLoaded, readings, Thresholds()); };
  EXPECT_THAT(judged(), IsEmpty());
  readings.network = {{"listen_overflows", 2}, {"listen_drops", 3}};
  readings.load->line["totals"]["connections_failed"] = {{"ports_short", 1}, {"refused", 5}};
  readings.load->line["totals"]["segments_retransmitted"] = 4;
  readings.load->line["totals"]["segments_retransmitted_needlessly"] = 3;
  EXPECT_EQ(judged(),
            "2 connections found a full backlog in the window; 3 connections were dropped by a "
            "listener in the window; connections could not be opened (ports_short 1, refused 5); 1 "
            "of the load's own 2500 segments were lost and sent again");
  readings.load->totals.connections_opened = 63;
  EXPECT_THAT(judged(), HasSubstr("63 connections opened of 64 asked for"));
}

TEST(PortTrouble, IsNoneOfQueuesThatThePlanMadeShort) {
  TrialReadings readings;
  readings.load = parse_load_report(good_report());
  readings.network = {{"listen_overflows", 2}, {"listen_drops", 3}};
  readings.load->line["totals"]["segments_retransmitted"] = 4;  // SYNs that found none
  Cell divided = kLoaded;
  divided.conditions.backlog = Backlog::divided;
  EXPECT_THAT(port_trouble_detail(divided, readings, Thresholds()), IsEmpty());
  EXPECT_THAT(notes_of(divided, readings, Thresholds()),
              testing::ElementsAre("connections found a full backlog, which the plan divides"));
  EXPECT_THAT(notes_of(kLoaded, readings, Thresholds()), IsEmpty());
}

TEST(PortTrouble, WhileConnectingIsCountedApart) {
  TrialReadings readings;
  readings.load = parse_load_report(good_report());
  readings.load->line["totals"]["segments_retransmitted_connecting"] = 7;
  readings.network_connecting = {{"listen_overflows", 2}, {"listen_drops", 3}};
  EXPECT_THAT(port_trouble_detail(kLoaded, readings, Thresholds()), IsEmpty());
  readings.load.reset();
  readings.connect_failures = {{"refused", 1}};
  EXPECT_EQ(port_trouble_detail(kLoaded, readings, Thresholds()),
            "the load generator could not open its connections (refused 1)");
}

TEST(MissedRate, IsOnePercentOfWhatWasDue) {
  Json report = open_report();
  const auto judged = [&report] { return missed_rate_detail(kLoaded, report, Thresholds()); };
  EXPECT_THAT(judged(), IsEmpty());
  report["requests_answered"] = 9'900;
  EXPECT_THAT(judged(), IsEmpty());
  report["requests_answered"] = 9'899;
  EXPECT_EQ(judged(), "101 of 10000 requests due were not answered in time, above 1.0 %");
  report["requests_answered"] = 10'000;
  report["requests_due_unanswered"] = 101;
  EXPECT_EQ(judged(), "101 of 10000 requests due were not answered in time, above 1.0 %");
  report["rate_per_s"] = nullptr;
  EXPECT_THAT(judged(), IsEmpty());
}

TEST(MissedRate, IsABacklogThatGrowsByAFifthOfAPercent) {
  Json report = open_report();
  const auto judged = [&report] { return missed_rate_detail(kLoaded, report, Thresholds()); };
  report["requests_overdue_at_begin"] = 50;
  report["requests_overdue_at_end"] = 70;
  EXPECT_THAT(judged(), IsEmpty());
  report["requests_overdue_at_end"] = 71;
  EXPECT_EQ(judged(),
            "the requests that were due and not sent grew from 50 to 71, by more than 0.2 % of "
            "those due");
  report["requests_overdue_at_begin"] = 500;  // it shrinks
  EXPECT_THAT(judged(), IsEmpty());
}

TEST(MissedRate, IsNotAHandfulNorWhatHappensToBeInFlightNorAStall) {
  Json report = open_report();
  report["requests_due"] = 500;
  report["requests_answered"] = 491;
  report["requests_overdue_at_end"] = 9;
  EXPECT_THAT(missed_rate_detail(kLoaded, report, Thresholds()), IsEmpty());
  report["requests_answered"] = 490;
  report["requests_overdue_at_end"] = 10;
  EXPECT_THAT(missed_rate_detail(kLoaded, report, Thresholds()),
              testing::AllOf(HasSubstr("10 of 500"), HasSubstr("grew from 0 to 10")));
  // Of 100 in flight at either edge, 42 more at the end are three standard deviations.
  report["requests_in_flight_mean"] = 100.0;
  report["requests_answered"] = 500 - 42;
  EXPECT_THAT(missed_rate_detail(kLoaded, report, Thresholds()), IsEmpty());
  report["requests_answered"] = 500 - 43;
  EXPECT_THAT(missed_rate_detail(kLoaded, report, Thresholds()), HasSubstr("43 of 500"));
  Cell stalled = kLoaded;
  stalled.conditions.stall = StalledThread{0, 200ms};  // 800 requests long
  EXPECT_THAT(missed_rate_detail(stalled, report, Thresholds()), IsEmpty());
}

TEST(ClientLate, IsATenthOfTheLatencyByEitherOfItsLatenesses) {
  Json report = open_report();
  const auto set = [&report](const Json& latency, const Json& sent_late, const Json& read_late) {
    report["latency_from_due_ns"]["p99"] = latency;
    report["client_late_ns"]["p99"] = sent_late;
    report["client_read_late_ns"]["p99"] = read_late;
    return client_late_detail(report, Thresholds());
  };
  EXPECT_THAT(set(100'000, 10'000, 10'000), IsEmpty());
  EXPECT_EQ(set(100'000, 10'001, 0),
            "p99 of its late sending is 10 us, above 10 % of the latency's 100 us");
  EXPECT_EQ(set(100'000, 20'000, 30'000),
            "p99 of its late sending is 20 us, p99 of its late reading is 30 us, above 10 % of the "
            "latency's 100 us");
  report["rate_per_s"] = nullptr;
  EXPECT_THAT(set(100'000, 20'000, 30'000), IsEmpty());
}

TEST(ClientLate, IsToldByTheHighestPercentileThatAllThreeHave) {
  Json report = open_report();
  report["latency_from_due_ns"] = {{"p50", 100}, {"p90", 200}, {"p99", nullptr}};
  report["client_late_ns"] = {{"p50", 1}, {"p90", 50}, {"p99", 900}};
  EXPECT_THAT(client_late_detail(report, Thresholds()), HasSubstr("p90 of its late sending"));
  for (const char* key : {"p90", "p50"}) {
    report["client_read_late_ns"][key] = nullptr;
  }
  EXPECT_THAT(client_late_detail(report, Thresholds()), IsEmpty());
}

TEST(Halves, ThatDifferByMoreThanFivePercentAreNoted) {
  Json report = good_report();
  const auto noted = [&report](int first, int second) {
    report["requests_answered_first_half"] = first;
    report["requests_answered"] = first + second;
    return halves_note(report, Thresholds());
  };
  EXPECT_THAT(noted(1'000, 951), IsEmpty());
  EXPECT_THAT(noted(1'000, 1'049), IsEmpty());
  EXPECT_EQ(noted(1'000, 900), "the window's second half was more than 5 % slower than the first");
  EXPECT_EQ(noted(1'000, 1'100),
            "the window's second half was more than 5 % faster than the first");
  EXPECT_THAT(noted(0, 900), IsEmpty());
}

}  // namespace
}  // namespace coresweep
