// The doctor on what else runs beside a sweep.
#include <gmock/gmock.h>
#include <unistd.h>

#include "harness/doctor_test_machine.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(DoctorTest, OtherLoadIsNamedByCpuAndProcess) {
  write_process(77, "bu) 1 (rner", 50, 1000);
  write_process(78, "idler", 50, 500);
  const std::vector<std::string> before = {"cpu0 100 0 0 0 0 0 0 0 0 0", "cpu1 0 0 0 50 0 0 0 0",
                                           "cpu9 0 0 0 0 0 0 0 0"};
  host_.before = reading(before, SampleSide::kBefore, 10s);
  write_process(77, "bu) 1 (rner", 50, 1095);
  write_process(78, "idler", 50, 40, "4194304", 900);  // another process of the same number
  const std::vector<std::string> after = {"cpu0 190 0 5 0 0 0 0 0 0 0", "cpu1 0 0 2 148 0 0 0 0",
                                          "cpu9 100 0 0 0 0 0 0 0"};
  host_.after = reading(after, SampleSide::kAfter, 11s);
  expect_warning("other_load", "CPU 0 95 %: bu) 1 (rner (77) 95 %, idler (78) 40 %",
                 "sudo sh -c 'trap : INT; kill -STOP 77 78; sleep 600; kill -CONT 77 78'");
}

TEST_F(DoctorTest, NoPauseIsProposedOfOurselvesOrTheKernel) {
  const std::vector<std::string> idle = {"cpu0 0 0 0 0 0 0 0 0"};
  const std::vector<std::string> busy = {"cpu0 0 0 50 50 0 0 0 0"};
  host_.before = reading(idle, SampleSide::kBefore, 10s);
  write_process(::getpid(), "coresweep", 900, 50);
  write_process(900, "terminal", 1, 50);
  write_process(2, "kthreadd", 0, 50, "2129984");
  host_.after = reading(busy, SampleSide::kAfter, 11s);
  expect_warning("other_load",
                 AllOf(StartsWith("CPU 0 50 %: "), HasSubstr("terminal (900) 50 %"),
                       HasSubstr("kthreadd (2) 50 %"), testing::Not(HasSubstr("coresweep"))),
                 "nothing: wait until it is over");
}

TEST_F(DoctorTest, LoadOfNobodyIsToldAsThat) {
  sample({"cpu0 0 0 0 0 0 0 0 0"}, {"cpu0 0 0 0 90 0 4 6 0"});
  expect_warning("other_load",
                 "CPU 0 10 %: by no process that was there all the time: short ones, or interrupts",
                 StartsWith("nothing"));
  link("proc/self/ns/pid", "pid:[4026532999]");
  expect_warning("other_load", "CPU 0 10 %: by no process that can be seen from here",
                 StartsWith("nothing"));
}

// Steal cannot be provoked: two recorded readings of a guest whose neighbour woke up.
TEST_F(DoctorTest, StealIsReadFromTwoReadings) {
  expect_ok("steal", "at most 0 % of a CPU");
  sample({"cpu0 4705 356 584 3699 23 23 0 10 0 0", "cpu1 4705 356 584 3699 23 23 0 0 0 0"},
         {"cpu0 4705 356 584 3787 23 23 0 22 0 0", "cpu1 4705 356 584 3798 23 23 0 1 0 0"});
  expect_warning("steal", "CPU 0 12 %", StartsWith("nothing: choose a machine of your own"));
  expect_ok("other_load", "no CPU busier than 0 %");
}

TEST_F(DoctorTest, ReadingsThatRunBackwardsAreNoLoad) {
  sample({"cpu0 100 0 50 900 0 0 0 9", "cpu1 100 0 50 900 0 0 0 9"},
         {"cpu0 90 0 40 899 0 0 0 8", "cpu1 90 0 40 899 0 0 0 8"});
  expect_ok("other_load", "no CPU busier than 0 %");
  expect_ok("steal", "at most 0 % of a CPU");
  host_.after.cpus.read_at = host_.before.cpus.read_at;
  expect_unknown("other_load", "/proc/stat: has no two readings of coresweep's CPUs");
}

TEST_F(DoctorTest, IrqbalanceIsFoundByItsName) {
  expect_ok("irqbalance", "does not run");
  write_process(321, "irqbalance", 1, 5);
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  expect_warning("irqbalance", "runs, as process 321", "sudo systemctl stop irqbalance");
  remove("proc/321");
  link("proc/self/ns/pid", "pid:[4026532999]");
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  expect_unknown("irqbalance", "the machine's processes cannot be seen from this container");
}

TEST_F(DoctorTest, WhatAProcessIsCalledMovesNoCursor) {
  write_process(77, "x\x1b[2J\ny", 50, 0);
  host_.before = reading({"cpu0 0 0 0 0 0 0 0 0"}, SampleSide::kBefore, 10s);
  write_process(77, "x\x1b[2J\ny", 50, 90);
  host_.after = reading({"cpu0 90 0 0 10 0 0 0 0"}, SampleSide::kAfter, 11s);
  expect_warning("other_load", "CPU 0 90 %: x?[2J?y (77) 90 %", HasSubstr("kill -STOP 77;"));
}

}  // namespace
}  // namespace coresweep
