// Explanations of runs made by hand: what is told, in which order, and what is never claimed.
#include "harness/explain.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "harness/explain_test_runs.hpp"

namespace coresweep {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Explain, LeadsWithThroughputThenTheLargestDifference) {
  RunFolder folder;
  add_blocks(folder, 2, 6);
  const auto lines = explained(folder);
  EXPECT_EQ(lines[0],
            "throughput: loops / reactor (http2 lean, engine epoll): 1.00x (1.00-1.00, 96.9 % "
            "interval) at 2 threads, 6 blocks: no difference shown");
  EXPECT_EQ(lines[1],
            "loops against reactor, medians of the 6 blocks in which both are valid; the larger "
            "differences first:");
  EXPECT_EQ(lines[2],
            "  loops: 0.0225 voluntary context switches a request against 1.92 (0.0117x, "
            "0.0105-0.0128); a thread waited");
}

TEST(Explain, SaysWhatIsAlikeAndWhatWasNotMeasured) {
  RunFolder folder;
  add_blocks(folder, 2, 6);
  const auto lines = explained(folder);
  EXPECT_THAT(lines,
              Contains(AllOf(StartsWith("no difference shown: "),
                             HasSubstr("server CPU a request, user mode (250 us against 250 us)"),
                             HasSubstr("involuntary context switches a request (0 against 0)"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured: "), HasSubstr("major page faults"),
                                    HasSubstr("machine CPU a request"), HasSubstr("loop waits"))));
  EXPECT_THAT(lines, Contains("not measured: syscalls and futex calls (no traced trial: the plan "
                              "has no \"trace\")"));
  EXPECT_THAT(lines, Contains(StartsWith("for Jain's index: 64 connections dealt by chance over 2 "
                                         "threads")));
}

TEST(Explain, TakesOnlyBlocksInWhichBothAreValid) {
  RunFolder folder;
  add_blocks(folder, 1, 5);
  Json spoilt = trial_of("loops", 1, 5, 700);
  spoilt["verdict"] = {"noisy_host"};
  folder.add(spoilt);
  folder.add(trial_of("reactor", 1, 5, 900));
  const auto lines = explained(folder);
  EXPECT_THAT(lines[0], HasSubstr("a range: fewer than six blocks) at 1 thread, 5 of 6 blocks"));
  EXPECT_THAT(lines, Contains(StartsWith("loops against reactor, medians of the 5 blocks in which "
                                         "both are valid: ")));
  EXPECT_THAT(lines[1], StartsWith("At 1 thread nothing contends between server threads"));
  EXPECT_THAT(lines,
              Contains(HasSubstr("0.022 voluntary context switches a request against 1.92")));
}

// Context switches are two orders apart in every block, and stand where they always do.
TEST(Explain, FewerThanSixBlocksRankNothingAndShowNothing) {
  RunFolder folder;
  add_blocks(folder, 1, 5);
  const auto lines = explained(folder);
  const auto heading = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("loops against reactor, ");
  });
  ASSERT_GE(lines.end() - heading, 6);
  EXPECT_EQ(*heading,
            "loops against reactor, medians of the 5 blocks in which both are valid: a ratio of "
            "fewer than six has a mere range, so no difference is shown and no cause found; in no "
            "order of size:");
  EXPECT_EQ(heading[1], "  loops: 250 us of server CPU a request, user mode against 250 us (1x, "
                        "1-1)");
  EXPECT_THAT(heading[2], StartsWith("  loops: 500 us of server CPU a request, kernel against "));
  EXPECT_THAT(heading[3], StartsWith("  loops: 0.022 voluntary context switches a request against "
                                     "1.92 (0.0115x, 0.0105-0.0124)"));
  EXPECT_EQ(heading[4], "  loops: 0 involuntary context switches a request against 0 (both as good "
                        "as none); a thread was displaced");
  for (const char* finding : {"larger differences", "apart by less", "no difference shown: "}) {
    EXPECT_THAT(lines, Each(Not(HasSubstr(finding))));
  }
}

TEST(Explain, OneBlockHasNoSpread) {
  RunFolder folder;
  add_blocks(folder, 1, 1);
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("loops against reactor, medians of the 1 block in which both are "
                              "valid: no spread is known of one, so no difference is shown and no "
                              "cause found; in no order of size:"));
  EXPECT_THAT(lines, Contains("  loops: 0.02 voluntary context switches a request against 1.9 "
                              "(0.0105x); a thread waited"));
}

// The blocks are enough, and one counter is known in five of them only.
TEST(Explain, WhatWasCountedInFewerThanSixBlocksIsNotShown) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    folder.add(trial_of("loops", 1, block, 0.02));
    Json reactor = trial_of("reactor", 1, block, 0.02);
    reactor["server"]["threads"][0]["bytes_sent"] = block == 0 ? Json() : Json(96'000);
    folder.add(reactor);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("counted in fewer than six blocks, so no difference shown: bytes "
                              "sent a request (48 against 96)"));
  EXPECT_THAT(lines, Each(Not(StartsWith("  loops: 48 bytes"))));
}

TEST(Explain, APeerWithoutCountersIsComparedByWhatTheKernelTells) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    folder.add(trial_of("loops", 1, block, 0.02));
    Json peer = trial_of("somebodys", 1, block, 0);
    peer["factors"]["http2"] = "peer";
    peer["factors"]["engine"] = "peer";
    peer["server"]["threads"] = nullptr;
    peer["server"]["cpu_user_s"] = 0.5;
    peer["server"]["process"]["context_switches_voluntary"] = 3000;
    peer["server"]["process"]["migrations"] = 50;
    folder.add(peer);
  }
  ExplainOptions options;
  options.against = "somebodys";
  options.http2 = "lean";  // which a peer does not have, and need not
  const auto lines = explained(folder, options);
  EXPECT_THAT(lines, Contains("  loops: 250 us of server CPU a request, user mode against 500 us "
                              "(0.5x, 0.5-0.5)"));
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.02 voluntary context switches a request "
                                         "against 3 (")));
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.002 migrations a request against 0.05 (")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("no difference shown: "),
                                    HasSubstr("minor page faults a request (0.02 against 0.02)"))));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured of somebodys: "),
                                    HasSubstr("bytes sent a request"))));
}

// As thread_per_connection has it: one entry, of which the kernel tells nothing.
TEST(Explain, AnEntryOfManyThreadsLeavesWhatTheKernelTellsOfTheProcess) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 1, block, 0.02);
    for (const char* key : {"tid", "cpu_user_s", "cpu_system_s", "context_switches_voluntary",
                            "context_switches_involuntary", "migrations", "run_delay_s"}) {
      loops["server"]["threads"][0][key] = nullptr;
    }
    loops["server"]["process"]["migrations"] = nullptr;
    folder.add(loops);
    folder.add(trial_of("reactor", 1, block, 2));
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains(StartsWith("  loops: 0.02 voluntary context switches a request "
                                         "against 2 (")));
  EXPECT_THAT(lines, Contains(AllOf(StartsWith("not measured of loops: "),
                                    HasSubstr("migrations a request"), HasSubstr("busy share"))));
}

TEST(Explain, CallsOfTwoEnginesAreNoMoreOfOneKind) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    for (const char* engine : {"epoll", "io_uring"}) {
      Json trial = trial_of("loops", 1, block, 0.02);
      trial["factors"]["engine"] = engine;
      Json& thread = trial["server"]["threads"][0];
      thread["loop_waits"] = engine == std::string("epoll") ? 100 : 300;
      thread["loop_polls"] = 5;
      thread["loop_events"] = 800;
      folder.add(trial);
      trial["factors"]["architecture"] = "reactor";
      thread["loop_waits"] = 900;
      folder.add(trial);
    }
  }
  ExplainOptions options;
  options.engine = "io_uring";
  const auto lines = explained(folder, options);
  EXPECT_THAT(lines, Contains("  loops: 0.3 loop waits a request against 0.9 (0.333x, "
                              "0.333-0.333); returns from liburing's get_cqe that may have slept"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("epoll_wait"))));
  const StoredRun run = read_stored_run(folder.path());
  const ComparedArms arms{{"loops", "epoll", "lean"}, {"reactor", "io_uring", "lean"}, 1};
  const auto across = explain_lines(run, arms);
  EXPECT_THAT(across, Contains("not comparable: loop waits a request, loop polls a request (of "
                               "epoll they are returns from epoll_wait, of io_uring returns from "
                               "liburing's get_cqe)"));
  EXPECT_THAT(across, Each(Not(HasSubstr("loop polls a request (0.005"))));
}

TEST(Explain, TroublesAreToldOnlyWhereThereWereAny) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 1, block, 0.02);
    loops["network"] = {
        {"listen_overflows", 0}, {"listen_drops", 0}, {"segments_retransmitted", 40}};
    Json reactor = trial_of("reactor", 1, block, 0.02);
    reactor["network"] = {
        {"listen_overflows", 0}, {"listen_drops", 0}, {"segments_retransmitted", 0}};
    folder.add(loops);
    folder.add(reactor);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("  loops: 40 retransmits in the window against 0 (over 40x); whole "
                              "machine"));
  EXPECT_THAT(lines, Each(Not(HasSubstr("ListenOverflows"))));
}

TEST(Explain, OneEntryForManyThreadsHasNoIndexOfThem) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    Json loops = trial_of("loops", 2, block, 0.02);
    loops["server"]["threads"].erase(1);
    folder.add(loops);
    folder.add(trial_of("reactor", 2, block, 0.02));
  }
  EXPECT_THAT(explained(folder),
              Contains(AllOf(StartsWith("not measured of loops: "), HasSubstr("Jain's index"))));
}

TEST(Explain, EventsAreOfEveryReturnFromTheLoopsWait) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    for (const char* name : {"loops", "reactor"}) {
      Json trial = trial_of(name, 1, block, 0.02);
      Json& thread = trial["server"]["threads"][0];
      thread["loop_waits"] = 100;
      thread["loop_polls"] = name == std::string("loops") ? 0 : 300;
      thread["loop_events"] = 800;
      folder.add(trial);
    }
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("  loops: 8 events a loop's wait or poll against 2 (4x, 4-4); "
                              "brought by one of the returns from epoll_wait"));
  EXPECT_THAT(lines, Contains("  loops: 0 loop polls a request against 0.3 (under 0.00333x); "
                              "returns from epoll_wait that only looked"));
}

TEST(Explain, WhatIsApartByLessThanAHundredthIsNoLineOfItsOwn) {
  RunFolder folder;
  for (int block = 0; block < 6; ++block) {
    folder.add(trial_of("loops", 1, block, 0.02));
    Json reactor = trial_of("reactor", 1, block, 0.02);
    reactor["server"]["threads"][0]["bytes_sent"] = 48'200;
    folder.add(reactor);
  }
  const auto lines = explained(folder);
  EXPECT_THAT(lines, Contains("apart by less than 1 %: bytes sent a request (48 against 48.2)"));
}

}  // namespace
}  // namespace coresweep
