// How a trial ends when a program does not do as agreed: small scripts stand where the programs
// would. The trial with the real programs is in tests/.
#include "harness/trial.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "harness/failure.hpp"
#include "harness/traced_trial.hpp"
#include "harness/trial_test_programs.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TrialTest : public TrialProgramsTest {
 protected:
  TrialReadings run() { return run_trial(programs_, setup_, signals_); }

  TrialSetup setup_{
      {Role::kArm, "shared_reactor", "nghttp2", 1, 1, 1}, "127.0.0.1:10051", 10ms, 100ms, {0}, {1}};
};

TEST_F(TrialTest, ReadsAllThereIs) {
  const TrialReadings readings = run();
  EXPECT_EQ(readings.breakdown, "");
  ASSERT_TRUE(readings.load && readings.server_totals && readings.server_window);
  EXPECT_EQ(readings.load->throughput_per_s, 100.0);
  EXPECT_EQ(readings.server_totals->requests, 100U);
  EXPECT_TRUE(readings.machine_cpu.has_value());
}

TEST_F(TrialTest, TellsTheProgramsWhatTheCellIs) {
  write("greeter", "echo \"$@\" >&2; exit 2");
  const TrialReadings readings = run();
  EXPECT_EQ(readings.server_errors,
            "--architecture shared_reactor --threads 1 --listen 127.0.0.1:10051 --pin 0 --http2 "
            "nghttp2 --backlog 1\n");
  setup_.cell.engine = kIoUring;
  setup_.cell.conditions.cpu = 5us;
  setup_.cell.conditions.reply_bytes = 100;
  programs_.greeter_io_uring = write("greeter-io_uring", "echo \"$@\" >&2; exit 2");
  EXPECT_THAT(run().server_errors, HasSubstr("--http2 nghttp2 --backlog 1 --handler-cpu 5us\n"));
  setup_.cell.engine = kEpoll;
  write("greeter", kGoodServer);
  write("loadgen", "echo \"$@\" >&2; exit 2");
  EXPECT_EQ(
      run().load_errors,
      "--target 127.0.0.1:10051 --connections 1 --streams 1 --threads 1 --pin 1 --mode closed "
      "--warmup 10ms --duration 100ms --start go --quiet --reply-bytes 100\n");
  setup_.cell.load = {.mode = Mode::poisson, .rate_per_s = 20'000};
  setup_.load_seed = 7;
  const TrialReadings open_loop = run();
  EXPECT_THAT(open_loop.load_errors,
              HasSubstr("--mode poisson --rate 20000 --seed 7 --warmup 10ms"));
  EXPECT_EQ(open_loop.load_seed, 7U);
}

TEST_F(TrialTest, AServerThatIsNotPinnedHasAllOfItsSetAndNoMore) {
  write("greeter", "echo \"$@\" >&2; grep Cpus_allowed_list /proc/self/status >&2; exit 2");
  setup_.cell.conditions.pin = Pin::none;
  setup_.cell.conditions.backlog = Backlog::divided;
  setup_.server_cpus = {allowed_cpus().back()};
  EXPECT_EQ(run().server_errors,
            fmt::format("--architecture shared_reactor --threads 1 --listen 127.0.0.1:10051 --pin "
                        "none --http2 nghttp2 --backlog 1 --divide-backlog\n"
                        "Cpus_allowed_list:\t{}\n",
                        setup_.server_cpus.front()));
}

TEST_F(TrialTest, AServerThatDiesMidTrialIsToldWithItsLastWords) {
  write("greeter",
        "echo '{\"event\":\"ready\"}'; read -r word; echo 'out of luck' >&2; kill -SEGV $$");
  EXPECT_EQ(run().breakdown,
            "the server was killed by signal 11 (Segmentation fault): out of luck");
}

TEST_F(TrialTest, ALoadThatEndsFirstForWantOfItsServerIsNotTheReason) {
  const std::string gone = folder_ + "/gone";
  write("greeter", fmt::format("echo '{{\"event\":\"ready\"}}'; while [ ! -e {} ]; do :; done; "
                               "kill -KILL $$",
                               gone));
  write("loadgen", "echo 'loadgen: connection reset' >&2; : >" + gone + "; exit 1");
  EXPECT_EQ(run().breakdown, "the server was killed by signal 9 (Killed)");
  std::filesystem::remove(gone);
  write("loadgen", R"(echo '{"event":"cannot_connect","connections_failed":{"reset":1}}'; : >)" +
                       gone + "; exit 1");
  EXPECT_EQ(run().breakdown, "the server was killed by signal 9 (Killed)");
}

TEST_F(TrialTest, ALoadGeneratorThatDiesIsToldWithItsLastWords) {
  write("loadgen", "echo 'loadgen: cannot connect' >&2; exit 1");
  const TrialReadings readings = run();
  EXPECT_EQ(readings.breakdown, "the load generator exited with 1: loadgen: cannot connect");
  EXPECT_EQ(readings.load_errors, "loadgen: cannot connect\n");
  EXPECT_FALSE(readings.load.has_value());
}

TEST_F(TrialTest, WhyItCouldNotConnectIsKept) {
  write("loadgen", R"(echo '{"event":"cannot_connect","connections_failed":{"refused":1}}'
echo 'loadgen: cannot connect' >&2; exit 1)");
  const TrialReadings readings = run();
  EXPECT_EQ(readings.breakdown, "the load generator exited with 1: loadgen: cannot connect");
  EXPECT_EQ(readings.connect_failures, Json::parse(R"({"refused": 1})"));
  EXPECT_TRUE(readings.network_connecting.has_value());
  EXPECT_FALSE(readings.network.has_value());
}

TEST_F(TrialTest, AReportCountsEvenWhenItsProgramComplains) {
  std::string failing = kGoodLoad;
  failing.replace(failing.find("\"requests_failed\":0,\"requests_in"), 19, "\"requests_failed\":3");
  write("loadgen", failing + "\necho 'loadgen: 3 requests failed' >&2; exit 1");
  const TrialReadings readings = run();
  EXPECT_EQ(readings.breakdown, "");
  ASSERT_TRUE(readings.load.has_value());
  EXPECT_EQ(readings.load->totals.requests_failed, 3U);
  EXPECT_EQ(readings.load_errors, "loadgen: 3 requests failed\n");
  EXPECT_TRUE(readings.server_totals.has_value());
}

TEST_F(TrialTest, AnExitWithoutAReasonInTheReportIsABreakdown) {
  write("loadgen", std::string(kGoodLoad) + "\nexit 1");
  const TrialReadings readings = run();
  EXPECT_EQ(readings.breakdown, "the load generator exited with 1");
  EXPECT_TRUE(readings.load.has_value());
}

TEST_F(TrialTest, NonsenseIsQuoted) {
  write("greeter", "echo hello; read -r word");
  EXPECT_EQ(run().breakdown, "the server said hello where \"ready\" was due");
  write("greeter", "echo '{\"event\":\"stopped\"}'; read -r word");
  EXPECT_THAT(run().breakdown, HasSubstr("where \"ready\" was due"));
  write("greeter", "echo '{\"event\":5}'; read -r word");
  EXPECT_THAT(run().breakdown, StartsWith("a program's line is not as agreed: "));
}

TEST_F(TrialTest, AReportThatLacksAFieldIsABreakdown) {
  write("loadgen", R"(echo '{"event":"ready"}'; read -r word; echo '{"event":"measuring"}'
echo '{"event":"measured"}'; echo '{"event":"report"}'; read -r word)");
  EXPECT_THAT(run().breakdown, AllOf(StartsWith("a program's line is not as agreed: "),
                                              HasSubstr("throughput_per_s")));
}

TEST_F(TrialTest, APortThatStaysBusyEndsTheSweep) {
  write("greeter",
        "echo 'greeter: 127.0.0.1:10051 is in use by another listener (--listen)' >&2; exit 3");
  const auto start = std::chrono::steady_clock::now();
  try {
    static_cast<void>(run());
    FAIL() << "it ran";
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(),
                 "greeter: 127.0.0.1:10051 is in use by another listener (--listen)");
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
}

TEST_F(TrialTest, APortThatGetsFreeInTimeIsTaken) {
  write("greeter", "if [ ! -e " + folder_ + "/once ]; then : >" + folder_ +
                       "/once; echo 'address in use' >&2; exit 3; fi\n" + kGoodServer);
  EXPECT_EQ(run().breakdown, "");
}

TEST_F(TrialTest, AnInterruptionLeavesNothingRunning) {
  write("loadgen", "echo $$ >" + folder_ + "/pid; kill -TERM $PPID; exec sleep 60");
  EXPECT_THROW(static_cast<void>(run()), Interrupted);
  std::ifstream file(folder_ + "/pid");
  pid_t pid = 0;
  ASSERT_TRUE(file >> pid);
  EXPECT_NE(::kill(pid, 0), 0);
}

// Counts three calls of one name, whoever is traced.
class CountingTracer : public Tracer {
 public:
  explicit CountingTracer(Unnamed unnamed) : unnamed_(unnamed) {}

  [[nodiscard]] std::string tool() const override { return "counter"; }
  [[nodiscard]] std::string version(const StopSignals& /*signals*/) const override { return "1"; }
  [[nodiscard]] std::string attach(const std::vector<pid_t>& /*processes*/,
                                   const StopSignals& /*signals*/) override {
    return {};
  }
  [[nodiscard]] std::string detach(const StopSignals& /*signals*/, CountTable& table) override {
    table = {{{"read", 300}}, 300, unnamed_};
    return {};
  }

 private:
  Unnamed unnamed_;
};

Ladder ladder_of_one(Unnamed unnamed) {
  Ladder ladder;
  ladder.push_back(std::make_unique<CountingTracer>(unnamed));
  return ladder;
}

TEST_F(TrialTest, ATracedTrialIsDividedByWhatWasAnswered) {
  const Json never =
      traced_trial(programs_, setup_, ladder_of_one(Unnamed::kNever), signals_, add_futex);
  EXPECT_TRUE(never.at("why").is_null());
  EXPECT_EQ(never.at("total_per_request"), 3.0);
  EXPECT_EQ(never.at("futex"), 0);
  const Json unknown =
      traced_trial(programs_, setup_, ladder_of_one(Unnamed::kUnknown), signals_, add_futex);
  EXPECT_EQ(unknown.at("total_per_request"), 3.0);
  EXPECT_TRUE(unknown.at("futex").is_null() && unknown.at("futex_per_request").is_null());
}

TEST_F(TrialTest, ATracedTrialThatFailedHasNoFigures) {
  for (const auto& [key, said] : {std::pair("requests_failed", "3 requests failed"),
                                  std::pair("connections_lost", "3 connections were lost")}) {
    std::string failing = kGoodLoad;
    const std::string good = fmt::format("\"{}\":0", key);
    failing.replace(failing.rfind(good), good.size(), fmt::format("\"{}\":3", key));
    write("loadgen", failing + "\nexit 1");
    const Json record =
        traced_trial(programs_, setup_, ladder_of_one(Unnamed::kNever), signals_, add_futex);
    EXPECT_THAT(record.at("why").get<std::string>(),
                AllOf(StartsWith("the traced trial failed: "), HasSubstr(said)));
    EXPECT_TRUE(record.at("tool").is_null());
    EXPECT_FALSE(record.contains("total_per_request") || record.contains("futex"));
  }
}

}  // namespace
}  // namespace coresweep
