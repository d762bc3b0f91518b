// Texts as the tools wrote them, shortened.
#include "harness/trace_tables.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace coresweep {
namespace {

TEST(StraceSummary, HasARowACallWithOrWithoutErrors) {
  const CountTable table = parse_strace_summary(
      "% time     seconds  usecs/call     calls    errors syscall\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      " 62.47    0.152034           4     30716     15348 recvfrom\n"
      " 37.53    0.091310          11      7679           sendto\n"
      "------ ----------- ----------- --------- --------- ----------------\n"
      "100.00    0.243344           6     38395     15348 total\n");
  EXPECT_EQ(table.by_name, (CountByName{{"recvfrom", 30716}, {"sendto", 7679}}));
  EXPECT_EQ(table.total, 38395U);
}

TEST(StraceSummary, OfSomethingElseIsEmpty) {
  EXPECT_EQ(parse_strace_summary("").total, 0U);
  EXPECT_EQ(parse_strace_summary("strace: attach: not permitted\n1 2 3 4 5 6 7\n").total, 0U);
}

TEST(PerfStat, HasATotalAndNames) {
  const CountTable table = parse_perf_stat(
      "# started on Thu Nov 26 05:07:33 2026\n\n"
      "187932;;raw_syscalls:sys_enter;529540428;100.00;;\n"
      "9571;;syscalls:sys_enter_futex;529540428;100.00;;\n"
      "0;;syscalls:sys_enter_recvmsg;529540428;100.00;;\n"
      "<not counted>;;syscalls:sys_enter_poll;0;100.00;;\n");
  EXPECT_EQ(table.by_name, (CountByName{{"futex", 9571}, {"recvmsg", 0}}));
  EXPECT_EQ(table.total, 187932U);
  EXPECT_EQ(table.unnamed, Unnamed::kUnknown);  // of poll
}

TEST(PerfStat, WithoutItsTotalIsNothing) {
  const CountTable table = parse_perf_stat(
      "<not counted>;;raw_syscalls:sys_enter;0;100.00;;\n"
      "9;;syscalls:sys_enter_futex;1;100.00;;\n");
  EXPECT_EQ(table.total, 0U);
  EXPECT_TRUE(table.by_name.empty());
}

CountTable waits_of(const std::string& text) {
  LockWaits waits;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    waits.add_line(line);
  }
  return waits.table();
}

TEST(LockWaits, AreOfTheFunctionThatTookTheLock) {
  const CountTable table = waits_of(
      "server0 15085 lock:contention_begin: \n"
      "\tffffffff822014be __pv_queued_spin_lock_slowpath\n"
      "\tffffffff82200e5b _raw_spin_lock\n"
      "\tffffffff821f7d2d __schedule\n"
      "\tffffffff81000130 ep_poll\n"
      "\n"
      "server1 15086 lock:contention_begin: \n"
      "\tffffffff822014be __mutex_lock.constprop.0\n"
      "\tffffffff81000130 ep_send_events.isra.0\n"
      "\tffffffff81000130 ep_poll\n");
  EXPECT_EQ(table.by_name, (CountByName{{"__schedule", 1}, {"ep_send_events", 1}}));
  EXPECT_EQ(table.total, 2U);
}

TEST(LockWaits, WithoutSymbolsAreUnknown) {
  const CountTable table =
      waits_of("server0 1 lock:contention_begin: \n\nserver0 1 lock:contention_begin: \n");
  EXPECT_EQ(table.by_name, (CountByName{{"[unknown]", 2}}));
}

TEST(BpftraceStacks, AreAddedUpByTheFunctionThatTookTheLock) {
  const CountTable table = parse_bpftrace_stacks(
      "Attaching 1 probe...\n\n\n"
      "@[\n    __pv_queued_spin_lock_slowpath+270\n    _raw_spin_lock+59\n"
      "    ep_start_scan+17\n    ep_send_events+4\n]: 12\n"
      "@[\n    __mutex_lock.constprop.0+100\n    ep_start_scan.isra.0+33\n]: 3\n"
      "@[\n]: 1\n");
  EXPECT_EQ(table.by_name, (CountByName{{"[unknown]", 1}, {"ep_start_scan", 15}}));
  EXPECT_EQ(table.total, 16U);
}

TEST(LockWaits, OnlyThoseWhoTakeFromASetOrChangeItWaitForItsLocks) {
  for (const char* caller : {"ep_poll", "ep_send_events", "ep_start_scan", "do_epoll_ctl"}) {
    EXPECT_TRUE(is_epoll_caller(caller)) << caller;
  }
  for (const char* caller : {"ep_poll_callback", "__schedule", "lock_sock_nested"}) {
    EXPECT_FALSE(is_epoll_caller(caller)) << caller;
  }
}

}  // namespace
}  // namespace coresweep
