// What a plan may say, what it means when it says nothing, and that nothing else is half accepted.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "harness/mutation.hpp"
#include "harness/plan_test_texts.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Plan, AllButTheArchitecturesHasADefault) {
  const Plan plan =
      read_plan(R"({"architectures": ["shared_reactor", "reuseport_loops"]})", "p", kTwoCpus);
  EXPECT_EQ(plan.question, "");
  EXPECT_THAT(plan.http2, ElementsAre("lean"));  // the greeter's own
  EXPECT_THAT(plan.threads, ElementsAre(1, 2));
  EXPECT_EQ(plan.load.connections.front(), 32);  // for the one thread that fits beside the load
  EXPECT_EQ(plan.load.streams.front(), 10);
  EXPECT_EQ(plan.warmup, 500ms);
  EXPECT_EQ(plan.duration, 2500ms);
  EXPECT_EQ(plan.blocks, 9);
  EXPECT_EQ(plan.seed, std::nullopt);
  EXPECT_EQ(plan.listen, "127.0.0.1:10051");
  EXPECT_TRUE(plan.ceiling);
  EXPECT_FALSE(plan.trace);
  ASSERT_TRUE(plan.headline.has_value());
  EXPECT_EQ(plan.headline->architecture, "reuseport_loops");
  EXPECT_EQ(plan.headline->http2, "lean");
  EXPECT_EQ(plan.headline->against, "shared_reactor");
  EXPECT_EQ(plan.headline->against_http2, "lean");
  EXPECT_EQ(plan.headline->threads, 1);
}

TEST(Plan, Http2IsANameOrAList) {
  const auto http2 = [](const std::string& value) {
    return read_plan(plan_with(R"(, "headline": null, "http2": )" + value), "p", kTwoCpus);
  };
  EXPECT_THAT(http2(R"("nghttp2")").http2, ElementsAre("nghttp2"));
  EXPECT_THAT(http2(R"(["null"])").http2, ElementsAre("null"));
  EXPECT_THAT(http2(R"(["nghttp2", "lean"])").http2, ElementsAre("nghttp2", "lean"));
  EXPECT_EQ(to_json(http2(R"("nghttp2")")).at("http2"), "nghttp2");
  EXPECT_EQ(to_json(http2(R"(["nghttp2"])")).at("http2"), "nghttp2");
  EXPECT_EQ(to_json(http2(R"(["nghttp2", "lean"])")).at("http2"), Json({"nghttp2", "lean"}));
}

TEST(Plan, AllArchitecturesAreThoseThatTheGreeterHas) {
  const Plan plan = read_plan(R"({"architectures": "all"})", "p", kTwoCpus);
  EXPECT_THAT(plan.architectures, ElementsAre("shared_reactor", "reuseport_loops"));
  EXPECT_EQ(to_json(plan).at("architectures"), Json({"shared_reactor", "reuseport_loops"}));
}

TEST(Plan, WhatACallCostsIsPartOfThePlan) {
  const Plan plan =
      read_plan(plan_with(R"(, "handler_cpu": "5us", "handler_wait": "1ms", "reply_bytes": 1000,
                     "stall_thread": "0:200ms")"),
                "p", kTwoCpus);
  ASSERT_EQ(conditions_of(plan.conditions).size(), 1U);
  const Conditions conditions = conditions_of(plan.conditions).front();
  EXPECT_THAT(server_flags(conditions), ElementsAre("--handler-cpu", "5us", "--handler-wait",
                                                    "1ms", "--stall-thread", "0:200ms"));
  EXPECT_THAT(load_flags(conditions), ElementsAre("--reply-bytes", "1000"));
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("handler_cpu"), "5us");
  EXPECT_EQ(written.at("stall_thread"), "0:200ms");
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
  const Plan plain = read_plan(plan_with(""), "p", kTwoCpus);
  EXPECT_THAT(conditions_of(plain.conditions), ElementsAre(Conditions{}));
  EXPECT_THAT(server_flags(Conditions{}), ElementsAre());
  EXPECT_THAT(load_flags(Conditions{}), ElementsAre());
  EXPECT_EQ(to_json(plain).at("handler_cpu"), "0ns");
  EXPECT_TRUE(to_json(plain).at("stall_thread").is_null());
}

TEST(Plan, WhatACallCostsMayBeSeveralValues) {
  const Plan plan =
      read_plan(plan_with(R"(, "handler_cpu": ["0us", "5us"], "reply_bytes": [10],
                                "stall_thread": ["none", "0:200ms"])"),
                "p", kTwoCpus);
  const auto all = conditions_of(plan.conditions);
  std::vector<std::string> names;
  for (const Conditions& conditions : all) {
    names.push_back(conditions_name(conditions));
  }
  EXPECT_THAT(names, ElementsAre("reply10", "reply10/stall0:200ms", "cpu5us/reply10",
                                 "cpu5us/reply10/stall0:200ms"));
  EXPECT_EQ(conditions_text(plan.conditions, all[2]), "handler_cpu 5us, stall_thread none");
  EXPECT_EQ(conditions_text({}, Conditions{}), "");
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("handler_cpu"), Json({"0ns", "5us"}));
  EXPECT_EQ(written.at("handler_wait"), "0ns");
  EXPECT_EQ(written.at("reply_bytes"), 10);
  EXPECT_EQ(written.at("stall_thread"), Json({nullptr, "0:200ms"}));
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
}

TEST(Plan, WhereItsThreadsRunAndHowLongItsQueuesAreMayVary) {
  const Plan plan =
      read_plan(plan_with(R"(, "mode": "churn", "pin": ["each", "none"],
                                "backlog": ["whole", "divided"])"),
                "p", kTwoCpus);
  std::vector<std::string> names;
  for (const Conditions& conditions : conditions_of(plan.conditions)) {
    names.push_back(conditions_name(conditions));
  }
  EXPECT_THAT(names,
              ElementsAre("", "backlog-divided", "pin-none", "pin-none/backlog-divided"));
  EXPECT_THAT(server_flags(conditions_of(plan.conditions)[1]), ElementsAre("--divide-backlog"));
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("pin"), Json({"each", "none"}));
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
}

TEST(Plan, MayDivideTheCoresOtherwise) {
  PlanContext eight_cores = kTwoCpus;
  eight_cores.server_cpus = 8;
  eight_cores.all_cpus = 16;
  eight_cores.server_set_sizes = {2, 4, 6, 8, 10, 12, 14};
  const Plan halves = read_plan(plan_with(""), "p", eight_cores);
  EXPECT_EQ(halves.server_cores, std::nullopt);
  EXPECT_EQ(to_json(halves).at("server_cores"), "half");
  EXPECT_THAT(halves.threads, ElementsAre(1, 2, 4, 8, 16));
  const Plan plan = read_plan(plan_with(R"(, "server_cores": 6)"), "p", eight_cores);
  EXPECT_EQ(divided(eight_cores, plan.server_cores).server_cpus, 12);
  EXPECT_THAT(plan.threads, ElementsAre(1, 2, 4, 8, 12, 16)) << "all that serve, too";
  EXPECT_EQ(to_json(read_plan(to_json(plan).dump(), "p", eight_cores)), to_json(plan));
}

TEST(Plan, PeersMayStandAlone) {
  const Plan plan = read_plan("{}", "p", with_peer("tonic"));
  EXPECT_THAT(plan.architectures, ElementsAre());
  EXPECT_EQ(to_json(plan).at("peers"), Json({"peers/tonic"}));
  EXPECT_EQ(plan.headline, std::nullopt);
  EXPECT_EQ(arms_of(plan), (std::vector<Arm>{{"tonic", "peer", "peer"}}));
}

TEST(Plan, APeersNameIsNobodyElses) {
  EXPECT_EQ(complaint(plan_with(""), with_peer("reuseport_loops")),
            "peers/reuseport_loops/peer.json: name is \"reuseport_loops\": that is an "
            "architecture's");
  PlanContext twice = with_peer("tonic");
  twice.peers.push_back(twice.peers.front());
  EXPECT_EQ(complaint(plan_with(""), twice),
            "peers/tonic/peer.json: name is \"tonic\": that is peers/tonic's too");
}

TEST(Plan, AutomaticThreadsDoubleAndEndAtBothSets) {
  EXPECT_THAT(read_plan(plan_with(""), "p", kManyCpus).threads,
              ElementsAre(1, 2, 4, 8, 12, 16, 24));
  EXPECT_THAT(
      read_plan(plan_with(R"(, "threads": "auto")"), "p", {{"shared_reactor"}, {"lean"}, 1, 1})
          .threads,
      ElementsAre(1));
}

TEST(Plan, AutomaticConnectionsAreThirtyTwoAThread) {
  EXPECT_THAT(read_plan(plan_with(R"(, "threads": [4, 1])"), "p", kManyCpus).load.connections,
              ElementsAre(128));
}

std::vector<std::string> loads_told(const Plan& plan) {
  std::vector<std::string> told;
  for (const LoadPoint& load : loads_of(plan.load)) {
    told.push_back(load_words(load));
  }
  return told;
}

TEST(Plan, OfFewStreamsAutomaticConnectionsAreMore) {
  const std::string head = R"(, "threads": [4, 1], "streams": )";
  const auto auto_with = [&head](const std::string& streams) {
    return read_plan(plan_with(head + streams), "p", kManyCpus);
  };
  EXPECT_THAT(loads_told(auto_with("1")), ElementsAre("1024 connections x 1 stream"));
  EXPECT_THAT(loads_told(auto_with("3")), ElementsAre("344 connections x 3 streams"));
  EXPECT_THAT(loads_told(auto_with("8")), ElementsAre("128 connections x 8 streams"));
  const Plan plan = auto_with("[1, 10, 100]");
  EXPECT_THAT(loads_told(plan),
              ElementsAre("1024 connections x 1 stream", "128 connections x 10 streams",
                          "128 connections x 100 streams"));
  EXPECT_EQ(to_json(plan).at("connections"),
            Json::parse(R"({"1": 1024, "10": 128, "100": 128})"));
  EXPECT_EQ(load_text(plan.load, loads_of(plan.load).front()), "streams 1");
  EXPECT_EQ(to_json(auto_with("[10, 100]")).at("connections"), 128);
}

TEST(Plan, ConnectionsMayBeToldByStreams) {
  const std::string text = plan_with(
      R"(, "http2": ["lean", "nghttp2"], "streams": [10, 1], "connections": {"1": 64, "10": 8},
         "headline": {"architecture": "shared_reactor", "http2": "lean",
                      "against": "shared_reactor", "against_http2": "nghttp2", "threads": 1,
                      "streams": 1})");
  const Plan plan = read_plan(text, "p", kTwoCpus);
  EXPECT_THAT(loads_told(plan),
              ElementsAre("8 connections x 10 streams", "64 connections x 1 stream"));
  EXPECT_EQ(load_words(plan.headline->load), "64 connections x 1 stream");
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("headline").at("connections"), 64);
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
  EXPECT_EQ(to_json(read_plan(plan_with(R"(, "streams": 1, "connections": {"1": 64})"), "p",
                              kTwoCpus))
                .at("connections"),
            64);
}

TEST(Plan, WrittenBackItReadsTheSame) {
  const std::string text = plan_with(
      R"(, "question": "why?", "http2": "null", "threads": [2], "connections": 3, "streams": 4,
         "warmup": "0s", "duration": "1.5s", "blocks": 2, "seed": 7, "listen": "[::1]:9000",
         "ceiling": false, "trace": true, "headline": null)");
  const Json written = to_json(read_plan(text, "p", kTwoCpus));
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
  const std::string itself = plan_with(R"(, "http2": ["lean", "null"])");
  const Json compared = to_json(read_plan(itself, "p", kTwoCpus));
  EXPECT_EQ(to_json(read_plan(compared.dump(), "p", kTwoCpus)), compared);
  EXPECT_EQ(written.at("duration"), "1500ms");
  EXPECT_EQ(written.at("seed"), 7);
  EXPECT_TRUE(written.at("headline").is_null());
}

TEST(Plan, BrokenJsonIsAnsweredWithItsPlace) {
  EXPECT_THAT(complaint("{\n  \"blocks\": ,\n}"), StartsWith("plan.json:2: column 13: syntax"));
  EXPECT_THAT(complaint(""), StartsWith("plan.json:1: column 1: "));
  EXPECT_THAT(complaint("{\"a\": \"\x01\"}"), StartsWith("plan.json:1: column 8: syntax"));
  EXPECT_THAT(complaint("{\"a\":\n \"b\nc\"}"), StartsWith("plan.json:2: column 4: syntax"));
  EXPECT_THAT(complaint(plan_with("") + "\nx"), StartsWith("plan.json:2: column 1: syntax"));
  EXPECT_EQ(complaint("{\"streams\": 1,\n\"blocks\": 1e999\n\n}"),
            "plan.json:2: number overflow parsing '1e999'");
}

TEST(Plan, WhateverIsNoPlanIsRefusedInOneShortLine) {
  const std::string deep(100'000, '[');
  const std::string long_key = "{\"" + std::string(100'000, 'k') + "\": 1}";
  for (const std::string& text : {deep, long_key, std::string("[]"), std::string("null"),
                                  std::string("\0\0", 2), std::string("\xff\xfe{}"),
                                  std::string("{\"a\\nb\": 1}"), std::string(R"({"\u0000": 1})")}) {
    const std::string line = complaint(text);
    EXPECT_THAT(line, AllOf(StartsWith("plan.json:1: "), Not(HasSubstr("\n"))));
    EXPECT_LT(line.size(), 450U);
  }
}

// Whatever happens to a plan's bytes, it is read whole, or refused in one line that names the file
// and a line that it has.
TEST(Plan, AMutatedPlanIsReadOrRefused) {
  const std::string plan = to_json(read_plan(plan_with(""), "p", kTwoCpus)).dump(2);
  std::mt19937 engine(5);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string mutant = mutated(plan, engine);
    const std::string line = complaint(mutant);
    if (line == "accepted") {
      ++accepted;
      const Json read = to_json(read_plan(mutant, "p", kTwoCpus));
      ASSERT_EQ(to_json(read_plan(read.dump(), "p", kTwoCpus)), read) << mutant;
      continue;
    }
    int number = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "plan.json:%d: ", &number), 1) << line;
    ASSERT_GE(number, 1) << line;
    ASSERT_LE(number, 1 + std::count(mutant.begin(), mutant.end(), '\n')) << line;
    ASSERT_EQ(line.find('\n'), std::string::npos) << line;
    ASSERT_LT(line.size(), 500U) << line;
  }
  EXPECT_GT(accepted, 10);
  EXPECT_LT(accepted, 10'000);
}

}  // namespace
}  // namespace coresweep
