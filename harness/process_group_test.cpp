// Real processes: a shell and its child make the group.
#include "harness/process_group.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "harness/child_process.hpp"
#include "harness/trial_readings.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

TEST(ProcessGroup, IsReadWithItsChildrenThoseThatEndedToo) {
  const StopSignals signals;
  // Work in a child that ends, then a child that stays and says so.
  ChildProcess child(
      {"/bin/sh", "-c",
       "(i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done); (echo up; exec sleep 60)& "
       "wait"});
  const auto deadline = ChildProcess::Clock::now() + 20s;
  while (!child.has_line() && ChildProcess::Clock::now() < deadline) {
    wait_for_news({&child}, signals, deadline);
  }
  ASSERT_EQ(child.take_line(), "up");
  EXPECT_EQ(processes_of_group(child.pid()).size(), 2U);
  EXPECT_THAT(children_of(::getpid()), testing::ElementsAre(child.pid()));
  EXPECT_EQ(children_of(child.pid()).size(), 1U);
  const Json reading = read_process_group(child.pid());
  EXPECT_TRUE(reading.at("threads").is_null());
  ASSERT_EQ(reading.at("processes").size(), 2U);
  for (const Json& one : reading.at("processes")) {
    EXPECT_EQ(one.at("threads"), 1) << one;
    // Its child said so before it became sleep.
    EXPECT_THAT(one.at("name"), one.at("pid") == child.pid()
                                    ? testing::Matcher<Json>("sh")
                                    : testing::Matcher<Json>(testing::AnyOf("sh", "sleep")))
        << one;
  }
  const Json& process = reading.at("process");
  EXPECT_GT(process.at("cpu_user_s").get<double>() + process.at("cpu_system_s").get<double>(), 0);
  for (const char* key : {"context_switches_voluntary", "page_faults_minor", "resident_kb"}) {
    EXPECT_GT(process.at(key).get<std::int64_t>(), 0) << key;
  }
}

TEST(ProcessGroup, ThreadsThatComeAndGoWhileItIsReadAreNoFailure) {
  std::atomic<bool> is_over = false;
  std::thread busy([&is_over] {
    while (!is_over) {
      std::thread([] {}).join();
    }
  });
  for (int i = 0; i < 300; ++i) {
    EXPECT_GE(read_process_group(::getpgrp()).at("processes").size(), 1U);
    EXPECT_EQ(thread_outside(::getpgrp(), allowed_cpus(0)), "");
  }
  is_over = true;
  busy.join();
}

// A thread that ends takes its counts with it.
TEST(ProcessGroup, WhatFellBetweenTwoReadingsIsNotKnown) {
  const auto reading = [](std::int64_t at_ns, double user_s, int switches, Json migrations) {
    return Json{{"monotonic_ns", at_ns},
                {"threads", nullptr},
                {"process",
                 {{"cpu_user_s", user_s},
                  {"cpu_system_s", 0.5},
                  {"context_switches_voluntary", switches},
                  {"migrations", migrations},
                  {"resident_kb", 9000 - switches}}}};
  };
  const Json between =
      server_between(reading(0, 1.0, 100, 7), reading(2'000'000'000, 0.75, 99, nullptr));
  EXPECT_EQ(between.at("window_s"), 2.0);
  EXPECT_TRUE(between.at("cpu_user_s").is_null());
  EXPECT_EQ(between.at("cpu_system_s"), 0.0);
  const Json& process = between.at("process");
  EXPECT_TRUE(process.at("context_switches_voluntary").is_null());
  EXPECT_TRUE(process.at("migrations").is_null());
  EXPECT_EQ(process.at("resident_kb"), 8901);  // a level has no difference
}

TEST(ProcessGroup, EachProcessIsToldByWhatItUsedSinceItBegan) {
  const auto reading = [](std::int64_t at_ns, const Json& processes) {
    return Json{{"monotonic_ns", at_ns},
                {"threads", nullptr},
                {"processes", processes},
                {"process", {{"cpu_user_s", 0.0}, {"cpu_system_s", 0.0}}}};
  };
  const auto process = [](pid_t pid, int threads, double user_s) {
    return Json{{"pid", pid}, {"name", "nginx"}, {"threads", threads}, {"cpu_user_s", user_s},
                {"cpu_system_s", 0.5}};
  };
  const Json between =
      server_between(reading(0, {process(7, 1, 1.0), process(8, 1, 1.0)}),
                     reading(1'000'000'000, {process(8, 3, 1.25), process(9, 2, 0.5)}));
  EXPECT_EQ(between.at("processes"),
            Json::parse(R"([
              {"name": "nginx", "threads": 3, "cpu_user_s": 0.25, "cpu_system_s": 0.0},
              {"name": "nginx", "threads": 2, "cpu_user_s": 0.5, "cpu_system_s": 0.5}])"));
}

}  // namespace
}  // namespace coresweep
