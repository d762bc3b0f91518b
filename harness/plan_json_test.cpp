// What a plan may say, what it means when it says nothing, and the line that answers all else.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "harness/failure.hpp"
#include "harness/plan.hpp"
#include "harness/strict_json.hpp"
#include "harness/sweep.hpp"
#include "support/build_info.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const PlanContext kTwoCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 1, 2};
const PlanContext kManyCpus{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 12, 24};

// A plan of one architecture and `more`, which starts with a comma.
std::string plan_with(const std::string& more) {
  return R"({"architectures": ["shared_reactor"])" + more + "}";
}

std::string complaint(const std::string& text, const PlanContext& context = kTwoCpus) {
  try {
    static_cast<void>(read_plan(text, "plan.json", context));
  } catch (const WrongUsage& error) {
    return error.what();
  }
  return "accepted";
}

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

TEST(Plan, OneArchitectureUnderTwoHttp2IsComparedWithItself) {
  const Plan plan = read_plan(plan_with(R"(, "http2": ["lean", "nghttp2"])"), "p", kTwoCpus);
  EXPECT_EQ(to_json(plan).at("headline"),
            Json::parse(R"({"architecture": "shared_reactor", "engine": "epoll", "http2": "nghttp2",
                            "against": "shared_reactor", "against_engine": "epoll",
                            "against_http2": "lean", "threads": 1, "connections": 32,
                            "streams": 10, "rate": null, "requests_per_connection": null,
                            "handler_cpu": "0ns",
                            "handler_wait": "0ns", "reply_bytes": 0, "stall_thread": null})"));
}

TEST(Plan, AHeadlineOfArchitecturesIsUnderTheFirstHttp2UnlessToldOtherwise) {
  const auto headline = [](const std::string& more) {
    const Plan plan = read_plan(
        R"({"architectures": ["shared_reactor", "reuseport_loops"], "http2": ["lean", "nghttp2"],
            "headline": {"architecture": "reuseport_loops", "against": "shared_reactor")" +
            more + "}}",
        "p", kTwoCpus);
    return plan.headline->http2 + "/" + plan.headline->against_http2;
  };
  EXPECT_EQ(headline(""), "lean/lean");
  EXPECT_EQ(headline(R"(, "http2": "nghttp2")"), "nghttp2/nghttp2");
  EXPECT_EQ(headline(R"(, "http2": "nghttp2", "against_http2": "nghttp2")"), "nghttp2/nghttp2");
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
  ASSERT_EQ(handlers_of(plan.handlers).size(), 1U);
  const Handler handler = handlers_of(plan.handlers).front();
  EXPECT_THAT(server_flags(handler), ElementsAre("--handler-cpu", "5us", "--handler-wait",
                                                      "1ms", "--stall-thread", "0:200ms"));
  EXPECT_THAT(load_flags(handler), ElementsAre("--reply-bytes", "1000"));
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("handler_cpu"), "5us");
  EXPECT_EQ(written.at("stall_thread"), "0:200ms");
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
  const Plan plain = read_plan(plan_with(""), "p", kTwoCpus);
  EXPECT_THAT(handlers_of(plain.handlers), ElementsAre(Handler{}));
  EXPECT_THAT(server_flags(Handler{}), ElementsAre());
  EXPECT_THAT(load_flags(Handler{}), ElementsAre());
  EXPECT_EQ(to_json(plain).at("handler_cpu"), "0ns");
  EXPECT_TRUE(to_json(plain).at("stall_thread").is_null());
}

TEST(Plan, WhatACallCostsMayBeSeveralValues) {
  const Plan plan =
      read_plan(plan_with(R"(, "handler_cpu": ["0us", "5us"], "reply_bytes": [10],
                                "stall_thread": ["none", "0:200ms"])"),
                "p", kTwoCpus);
  const auto handlers = handlers_of(plan.handlers);
  std::vector<std::string> names;
  for (const Handler& handler : handlers) {
    names.push_back(handler_name(handler));
  }
  EXPECT_THAT(names, ElementsAre("reply10", "reply10/stall0:200ms", "cpu5us/reply10",
                                 "cpu5us/reply10/stall0:200ms"));
  EXPECT_EQ(handler_text(plan.handlers, handlers[2]), "handler_cpu 5us, stall_thread none");
  EXPECT_EQ(handler_text({}, Handler{}), "");
  const Json written = to_json(plan);
  EXPECT_EQ(written.at("handler_cpu"), Json({"0ns", "5us"}));
  EXPECT_EQ(written.at("handler_wait"), "0ns");
  EXPECT_EQ(written.at("reply_bytes"), 10);
  EXPECT_EQ(written.at("stall_thread"), Json({nullptr, "0:200ms"}));
  EXPECT_EQ(to_json(read_plan(written.dump(), "p", kTwoCpus)), written);
}

TEST(Plan, AHeadlineNamesItsHandlerWhereThereAreSeveral) {
  const auto with = [](const std::string& more) {
    return R"({"architectures": ["shared_reactor", "reuseport_loops"],
               "handler_cpu": ["0ns", "5us"], "stall_thread": [null, "0:200ms"])" +
           more + "}";
  };
  const auto headline = [&with](const std::string& more) {
    return with(R"(, "headline": {"architecture": "shared_reactor", "against": "reuseport_loops")" +
                more + "}");
  };
  EXPECT_EQ(complaint(headline("")),
            "plan.json: headline.handler_cpu is missing: allowed is one of 0ns, 5us, since the "
            "plan has several");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "6us")")),
            "plan.json: headline.handler_cpu is the text \"6us\": allowed is one of 0ns, 5us");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "5us")")),
            "plan.json: headline.stall_thread is missing: allowed is one of none, 0:200ms, since "
            "the plan has several");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "5us", "stall_thread": null,
                                    "reply_bytes": 10)")),
            "plan.json: headline.reply_bytes is 10: allowed is 0");
  const Plan plan = read_plan(headline(R"(, "handler_cpu": "5000ns", "stall_thread": "0:200ms")"),
                              "p", kTwoCpus);
  EXPECT_EQ(handler_name(plan.headline->handler), "cpu5us/stall0:200ms");
  EXPECT_EQ(read_plan(with(""), "p", kTwoCpus).headline->handler, Handler{});  // the plan's first
}

// A context whose command line names a peer, as far as a plan asks of one.
PlanContext with_peer(const std::string& name) {
  PlanContext context = kTwoCpus;
  context.peers.emplace_back();
  context.peers.back().name = name;
  context.peers.back().folder = "peers/" + name;
  return context;
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

TEST(Plan, APeerMayStandInAHeadline) {
  const auto headline = [](const std::string& more) {
    const Plan plan = read_plan(
        plan_with(R"(, "http2": ["lean", "nghttp2"], "engine": ["epoll", "io_uring"])" + more), "p",
        with_peer("tonic"));
    const Arm over = plan.headline->over();
    const Arm under = plan.headline->under();
    return fmt::format("{} {} {} / {} {} {}", over.architecture, over.engine, over.http2,
                       under.architecture, under.engine, under.http2);
  };
  EXPECT_EQ(headline(""), "tonic peer peer / shared_reactor epoll lean");
  EXPECT_EQ(headline(R"(, "headline": {"architecture": "shared_reactor", "against": "tonic",
                                       "http2": "nghttp2"})"),
            "shared_reactor epoll nghttp2 / tonic peer peer");
  EXPECT_EQ(headline(R"(, "headline": {"architecture": "tonic", "against": "shared_reactor",
                                       "against_engine": "io_uring"})"),
            "tonic peer peer / shared_reactor io_uring lean");
  EXPECT_EQ(complaint(plan_with(R"(, "headline": {"architecture": "tonic", "http2": "lean",
                                                  "against": "shared_reactor"})"),
                      with_peer("tonic")),
            "plan.json: headline.http2 is the text \"lean\": allowed is \"peer\"");
}

TEST(Plan, AHeadlineOfEnginesComparesNothingElse) {
  const auto under = [](const std::string& more) {
    return plan_with(R"(, "http2": ["lean", "nghttp2"], "engine": ["epoll", "io_uring"],
                          "headline": {"architecture": "shared_reactor", "engine": "io_uring",
                                       "against": "shared_reactor")" +
                     more + "}");
  };
  EXPECT_EQ(read_plan(under(R"(, "against_engine": "epoll")"), "p", kTwoCpus).headline->under(),
            (Arm{"shared_reactor", "epoll", "lean"}));
  EXPECT_EQ(complaint(under(R"(, "against_engine": "epoll", "against_http2": "nghttp2")")),
            "plan.json: headline.against_http2 is the text \"nghttp2\": allowed is \"lean\"");
  EXPECT_EQ(complaint(under("")),
            "plan.json: headline.against_http2 is missing: allowed is one of nghttp2, since "
            "against is the same architecture");
  const Plan plan = read_plan(plan_with(R"(, "engine": ["epoll", "io_uring"])"), "p", kTwoCpus);
  EXPECT_EQ(plan.headline->over(), (Arm{"shared_reactor", "io_uring", "lean"}));
  EXPECT_EQ(plan.headline->under(), (Arm{"shared_reactor", "epoll", "lean"}));
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
  EXPECT_EQ(read_plan(plan_with(R"(, "threads": [4, 1])"), "p", kManyCpus).load.connections.front(), 128);
}

TEST(Plan, TheLargestHeadlineCountLeavesTheLoadItsCpus) {
  const std::string both = R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline":
      {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": "largest"}})";
  EXPECT_EQ(read_plan(both, "p", kManyCpus).headline->threads, 12);
  EXPECT_EQ(read_plan(both, "p", kTwoCpus).headline->threads, 1);
}

TEST(Plan, OneArchitectureOrNullIsNoHeadline) {
  EXPECT_EQ(read_plan(plan_with(""), "p", kTwoCpus).headline, std::nullopt);
  EXPECT_EQ(
      read_plan(R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline": null})",
                "p", kTwoCpus)
          .headline,
      std::nullopt);
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
  EXPECT_THAT(complaint("{\n  \"blocks\": ,\n}"), StartsWith("plan.json: line 2, column 13: "));
  EXPECT_THAT(complaint(""), StartsWith("plan.json: line 1, column 1: "));
  EXPECT_THAT(complaint("{\"a\": \"\x01\"}"), StartsWith("plan.json: line 1, column 8: "));
  EXPECT_THAT(complaint(plan_with("") + "x"), StartsWith("plan.json: line 1, column "));
  EXPECT_THAT(complaint(plan_with(R"(, "blocks": 1e999)")), StartsWith("plan.json: "));
}

TEST(Plan, WhateverIsNoPlanIsRefusedInOneShortLine) {
  const std::string deep(100'000, '[');
  const std::string long_key = "{\"" + std::string(100'000, 'k') + "\": 1}";
  for (const std::string& text : {deep, long_key, std::string("[]"), std::string("null"),
                                  std::string("\0\0", 2), std::string("\xff\xfe{}"),
                                  std::string("{\"a\\nb\": 1}"), std::string(R"({"\u0000": 1})")}) {
    const std::string line = complaint(text);
    EXPECT_THAT(line, AllOf(StartsWith("plan.json: "), Not(HasSubstr("\n"))));
    EXPECT_LT(line.size(), 400U);
  }
}

// Whatever happens to a plan's bytes, it is read, or refused in one line that names the file.
TEST(Plan, AMutatedPlanIsReadOrRefused) {
  const std::string plan = to_json(read_plan(plan_with(""), "p", kTwoCpus)).dump();
  std::mt19937 engine(5);
  const auto below = [&engine](std::size_t bound) { return engine() % bound; };
  constexpr std::string_view kBytes = "{}[]\",:0159-.eu\\ntf \x01\x80\xff";
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string mutant = plan;
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const std::size_t at = below(mutant.size());
      const std::size_t length = below(2) == 0 ? 1 : below(mutant.size() - at);
      switch (below(3)) {
        case 0:
          mutant[at] = kBytes[below(kBytes.size())];
          break;
        case 1:
          mutant.insert(at, mutant.substr(below(mutant.size()), length));
          break;
        default:
          mutant.erase(at, mutant.size() > length ? length : 0);
      }
    }
    const std::string line = complaint(mutant);
    accepted += line == "accepted" ? 1 : 0;
    ASSERT_TRUE(line == "accepted" || line.starts_with("plan.json: ")) << line;
    ASSERT_EQ(line.find('\n'), std::string::npos) << line;
    ASSERT_LT(line.size(), 500U) << line;
  }
  EXPECT_GT(accepted, 10);
}

TEST(Plan, TheBenchPlanIsShortOnTwoCpus) {
  const std::string file = std::string(build_info().source_dir) + "/harness/plans/bench.json";
  const std::string text = read_text_file(file, 1 << 20);
  const Plan plan = read_plan(text, file, kTwoCpus);
  EXPECT_EQ(Json::parse(text).begin().key(), "question");
  EXPECT_FALSE(plan.question.empty());
  EXPECT_THAT(plan.http2, ElementsAre("nghttp2"));  // lean would be client_bound there
  const std::size_t trials =
      cells_of(plan, kTwoCpus).size() * static_cast<std::size_t>(plan.blocks);
  EXPECT_LT(trials * (plan.warmup + plan.duration + 500ms), 3min);
  EXPECT_THAT(complaint(text, kManyCpus), "accepted");
}

TEST(Plan, TheProtocolPlanIsShortOnTwoCpus) {
  const std::string file = std::string(build_info().source_dir) + "/harness/plans/protocol.json";
  const std::string text = read_text_file(file, 1 << 20);
  const Plan plan = read_plan(text, file, kTwoCpus);
  EXPECT_EQ(plan.question, "How much of an architecture's difference does the protocol hide?");
  EXPECT_THAT(plan.http2, ElementsAre("lean", "nghttp2"));
  const std::size_t trials =
      cells_of(plan, kTwoCpus).size() * static_cast<std::size_t>(plan.blocks);
  EXPECT_LT(expected_time(plan, {trials, 0}), 3min);
  EXPECT_GE(plan.blocks, 6);  // the fewest that give a headline its interval
  EXPECT_THAT(complaint(text, kManyCpus), "accepted");
}

TEST(Plan, TheStallPlanRunsEveryArmWithAndWithoutItAndIsShortOnTwoCpus) {
  const std::string file = std::string(build_info().source_dir) + "/harness/plans/stall.json";
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, kTwoCpus);
  const auto cells = cells_of(plan, kTwoCpus);
  ASSERT_EQ(cells.size(), 8U);
  EXPECT_EQ(cell_name(cells[1]), "reuseport_loops/lean/t1/c128/s1/wait40ms");
  EXPECT_EQ(cell_name(cells[3]), "reuseport_loops/lean/t1/c128/s1/wait40ms/stall0:200ms");
  EXPECT_EQ(plan.headline->threads, 1);
  EXPECT_EQ(read_plan(read_text_file(file, 1 << 20), file, kManyCpus).headline->threads, 2);
  EXPECT_TRUE(plan.headline->handler.stall.has_value());
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 3min);
  EXPECT_GE(plan.blocks, 6);  // the fewest that give a headline its interval
}

// The ten that the greeter is to have: what matters here is how many, and two of the names.
PlanContext ten_architectures() {
  PlanContext context = kTwoCpus;
  for (int i = 3; i <= 10; ++i) {
    context.architectures.push_back(fmt::format("architecture_{}", i));
  }
  return context;
}

TEST(Plan, TheArchitecturesPlanTakesSixMinutesOnTwoCpusWithTen) {
  const std::string file =
      std::string(build_info().source_dir) + "/harness/plans/architectures.json";
  const PlanContext ten = ten_architectures();
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, ten);
  const auto cells = cells_of(plan, ten);
  EXPECT_EQ(cells.size(), 21U);
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 6min);
  EXPECT_GE(plan.blocks, 6);                        // the fewest that give a headline its interval
  EXPECT_THAT(plan.http2, ElementsAre("nghttp2"));  // lean would be client_bound there
}

TEST(Plan, TheEnginesPlanComparesOneArchitectureUnderBoth) {
  const std::string file = std::string(build_info().source_dir) + "/harness/plans/engines.json";
  PlanContext context = kTwoCpus;
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, context);
  EXPECT_EQ(plan.headline->over(), (Arm{"reuseport_loops", "io_uring", "nghttp2"}));
  EXPECT_EQ(plan.headline->under(), (Arm{"reuseport_loops", "epoll", "nghttp2"}));
  EXPECT_EQ(cells_of(plan, context).size(), 5U);  // io_uring is not built
  context.io_uring = {"", context.architectures};
  const auto cells = cells_of(plan, context);
  EXPECT_EQ(cells.size(), 9U);
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 3min);
}

TEST(Plan, NamesAnUnknownKeyAndTheAllowedOnes) {
  EXPECT_EQ(
      complaint(plan_with(R"(, "thread": 1)")),
      "plan.json: unknown key \"thread\": allowed are question, architectures, engine, http2, "
      "threads, mode, connections, streams, rate, requests_per_connection, handler_cpu, "
      "handler_wait, reply_bytes, stall_thread, warmup, duration, blocks, until_ci, twin_blocks, "
      "controls, reruns, seed, listen, ceiling, trace, peers, headline");
  EXPECT_EQ(complaint(plan_with(R"(, "headline": {"threads": 1, "than": 2})")),
            "plan.json: unknown key \"than\" in headline: allowed are architecture, engine, http2, "
            "against, against_engine, against_http2, threads, connections, streams, rate, "
            "requests_per_connection, handler_cpu, handler_wait, reply_bytes, stall_thread");
}

TEST(Plan, RefusesAKeyGivenTwice) {
  EXPECT_EQ(complaint(plan_with(R"(, "blocks": 1, "blocks": 2)")),
            "plan.json: \"blocks\" is given twice in one object");
}

struct Refusal {
  const char* more;  ///< behind the architectures
  const char* line;
};

// Without it GoogleTest names the case by its bytes, which are addresses.
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.more; }

class PlanRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PlanRefusal, NamesTheFieldWhatItIsAndWhatIsAllowed) {
  EXPECT_EQ(complaint(plan_with(GetParam().more)), std::string("plan.json: ") + GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, PlanRefusal,
    testing::Values(
        Refusal{R"(, "threads": [0])",
                "threads[0] is 0: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on"},
        Refusal{R"(, "threads": [1, 3])",
                "threads[1] is 3: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on"},
        Refusal{R"(, "threads": [1, 1])",
                "threads[1] is 1: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on"},
        Refusal{R"(, "threads": "many")",
                "threads is the text \"many\": allowed is \"auto\" or a list of 1 to 64 different "
                "whole numbers from 1 to 2, the CPUs that coresweep may run on"},
        Refusal{
            R"(, "threads": [])",
            "threads is an empty list: allowed is \"auto\" or a list of 1 to 64 different whole "
            "numbers from 1 to 2, the CPUs that coresweep may run on"},
        Refusal{R"(, "http2": "h3")",
                "http2 is the text \"h3\": allowed is a name or a list of different names out of "
                "lean, nghttp2, null"},
        Refusal{R"(, "http2": null)",
                "http2 is null: allowed is a name or a list of different names out of lean, "
                "nghttp2, null"},
        Refusal{R"(, "http2": {"lean": 1})",
                "http2 is an object: allowed is a name or a list of different names out of lean, "
                "nghttp2, null"},
        Refusal{R"(, "http2": [])",
                "http2 is an empty list: allowed is a name or a list of different names out of "
                "lean, nghttp2, null"},
        Refusal{R"(, "http2": ["lean", "h3"])",
                "http2[1] is the text \"h3\": allowed is a name or a list of different names out "
                "of lean, nghttp2, null"},
        Refusal{R"(, "http2": ["lean", 2])",
                "http2[1] is 2: allowed is a name or a list of different names out of lean, "
                "nghttp2, null"},
        Refusal{R"(, "http2": ["lean", "nghttp2", "lean"])",
                "http2[2] is the text \"lean\": allowed is a name or a list of different names "
                "out of lean, nghttp2, null"},
        Refusal{R"(, "connections": 0)",
                "connections is 0: allowed is \"auto\" or a whole number from 1 to 100000, "
                "or a list of different ones"},
        Refusal{R"(, "connections": 100001)",
                "connections is 100001: allowed is \"auto\" or a whole number from 1 to 100000, "
                "or a list of different ones"},
        Refusal{
            R"(, "connections": 18446744073709551615)",
            "connections is 18446744073709551615: allowed is \"auto\" or a whole number from 1 to "
            "100000"},
        Refusal{
            R"(, "connections": 100000, "streams": 1000)",
            "connections x streams is 100000000: allowed is at most 1000000 requests in flight"},
        Refusal{R"(, "streams": 1.5)", "streams is 1.5: allowed is a whole number from 1 to 1000"},
        Refusal{R"(, "streams": true)",
                "streams is true: allowed is a whole number from 1 to 1000"},
        Refusal{R"(, "engine": "kqueue")",
                "engine is the text \"kqueue\": allowed is a name or a list of different names out "
                "of epoll, io_uring"},
        Refusal{R"(, "engine": ["epoll", "epoll"])",
                "engine[1] is the text \"epoll\": allowed is a name or a list of different names "
                "out of epoll, io_uring"},
        Refusal{R"(, "handler_cpu": "11ms")",
                "handler_cpu is the text \"11ms\": allowed is a text of a number and ns, us, ms, s "
                "or m (such as 500ms), from 0ns to 10ms, or a list of different ones"},
        Refusal{R"(, "handler_cpu": ["0ns", "5"])",
                "handler_cpu[1] is the text \"5\": allowed is a text of a number and ns, us, ms, s "
                "or m (such as 500ms), from 0ns to 10ms, or a list of different ones"},
        Refusal{R"(, "handler_cpu": ["5us", "0ns", "5000ns"])",
                "handler_cpu[2] is the text \"5000ns\": allowed is a text of a number and ns, us, "
                "ms, s or m (such as 500ms), from 0ns to 10ms, or a list of different ones"},
        Refusal{R"(, "handler_wait": 1)",
                "handler_wait is 1: allowed is a text of a number and ns, us, ms, s or m (such as "
                "500ms), from 0ns to 100ms, or a list of different ones"},
        Refusal{R"(, "handler_wait": [])",
                "handler_wait is an empty list: allowed is a text of a number and ns, us, ms, s or "
                "m (such as 500ms), from 0ns to 100ms, or a list of different ones, at most 64"},
        Refusal{R"(, "reply_bytes": 1048577)",
                "reply_bytes is 1048577: allowed is a whole number from 0 to 1048576, or a list of "
                "different ones"},
        Refusal{R"(, "reply_bytes": [0, 10, 10])",
                "reply_bytes[2] is 10: allowed is a whole number from 0 to 1048576, or a list of "
                "different ones"},
        Refusal{R"(, "reply_bytes": [0, 1, 2, 3, 4, 5, 6, 7], "handler_wait": ["0ns", "1ms", "2ms"],
                   "handler_cpu": ["0ns", "1us", "2us"])",
                "handler_cpu x handler_wait x reply_bytes x stall_thread is 72: allowed is at most "
                "64 different handlers"},
        Refusal{R"(, "stall_thread": [null, "none"])",
                "stall_thread[1] is the text \"none\": allowed is null or a server thread and how "
                "long it stands still each second, such as \"0:200ms\": threads 0 to 0, at most "
                "900ms, or a list of different ones"},
        Refusal{R"(, "threads": [1, 2], "stall_thread": "1:200ms")",
                "stall_thread is the text \"1:200ms\": allowed is null or a server thread and how "
                "long it stands still each second, such as \"0:200ms\": threads 0 to 0, at most "
                "900ms, or a list of different ones"},
        Refusal{R"(, "stall_thread": "0:901ms")",
                "stall_thread is the text \"0:901ms\": allowed is null or a server thread and how "
                "long it stands still each second, such as \"0:200ms\": threads 0 to 0, at most "
                "900ms, or a list of different ones"},
        Refusal{R"(, "stall_thread": "0")",
                "stall_thread is the text \"0\": allowed is null or a server thread and how "
                "long it stands still each second, such as \"0:200ms\": threads 0 to 0, at most "
                "900ms, or a list of different ones"},
        Refusal{R"(, "peers": "tonic")",
                "peers is the text \"tonic\": allowed is a list of folders, each with a peer.json"},
        Refusal{R"(, "peers": [""])",
                "peers[0] is the text \"\": allowed is a folder with a peer.json"},
        Refusal{R"(, "peers": ["/nowhere"])",
                "peers[0]: /nowhere/peer.json: No such file or directory"},
        Refusal{R"(, "warmup": "61s")",
                "warmup is the text \"61s\": allowed is a text of a number and ns, us, ms, s or m "
                "(such as 500ms), from 0s to 60s"},
        Refusal{R"(, "duration": 2500)",
                "duration is 2500: allowed is a text of a number and ns, us, ms, s or m (such as "
                "500ms), from 100ms to 10m"},
        Refusal{R"(, "blocks": 1001)", "blocks is 1001: allowed is a whole number from 1 to 1000"},
        Refusal{R"(, "blocks": -1)", "blocks is -1: allowed is a whole number from 1 to 1000"},
        Refusal{R"(, "blocks": null)", "blocks is null: allowed is a whole number from 1 to 1000"},
        Refusal{R"(, "seed": 4294967296)",
                "seed is 4294967296: allowed is \"random\" or a whole number from 0 to 4294967295"},
        Refusal{
            R"(, "listen": "localhost:1")",
            "listen is the text \"localhost:1\": allowed is a numeric address and a port, such as "
            "\"127.0.0.1:10051\""},
        Refusal{R"(, "ceiling": "yes")", "ceiling is the text \"yes\": allowed is true or false"},
        Refusal{R"(, "trace": 1)", "trace is 1: allowed is true or false"},
        Refusal{R"(, "question": "a\nb")",
                "question is the text \"a\\nb\": allowed is one line of text, at most 500 bytes"},
        Refusal{R"(, "headline": "largest")",
                "headline is the text \"largest\": allowed is null or an object of architecture, "
                "against and threads"},
        Refusal{R"(, "headline": {"architecture": "shared_reactor"})",
                "headline.against is missing: allowed is one of shared_reactor"}));

TEST(Plan, KnowsTheArchitecturesItWasTold) {
  const std::string allowed =
      "allowed is \"all\" or a list of different names out of shared_reactor, reuseport_loops";
  EXPECT_EQ(complaint("{}"), "plan.json: architectures is missing: " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": ["shared_reactor", "nginx"]})"),
            "plan.json: architectures[1] is the text \"nginx\": " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": []})"),
            "plan.json: architectures is an empty list: " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": "shared_reactor"})"),
            "plan.json: architectures is the text \"shared_reactor\": " + allowed);
}

TEST(Plan, AHeadlineComparesTwoOfItsArms) {
  const auto with_headline = [](const std::string& headline) {
    return complaint(R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline": )" +
                     headline + "}");
  };
  EXPECT_EQ(with_headline(R"({"architecture": "shared_reactor", "against": "shared_reactor"})"),
            "plan.json: headline.against is the text \"shared_reactor\": allowed is "
            "\"reuseport_loops\"");
  EXPECT_EQ(with_headline(R"({"architecture": "nginx", "against": "shared_reactor"})"),
            "plan.json: headline.architecture is the text \"nginx\": allowed is one of "
            "\"shared_reactor\", \"reuseport_loops\"");
  EXPECT_EQ(
      with_headline(
          R"({"architecture": "shared_reactor", "against": "reuseport_loops", "threads": 16})"),
      "plan.json: headline.threads is 16: allowed is \"largest\" or one of 1, 2");
  EXPECT_EQ(
      with_headline(
          R"({"architecture": "shared_reactor", "against": "reuseport_loops", "threads": 1.0})"),
      "plan.json: headline.threads is 1.0: allowed is \"largest\" or one of 1, 2");
}

TEST(Plan, AHeadlineComparesNoArmWithItselfAndOneThingAtATime) {
  const auto with_headline = [](const std::string& http2, const std::string& headline) {
    return complaint(R"({"architectures": ["shared_reactor", "reuseport_loops"], "http2": )" +
                     http2 + R"(, "headline": {"architecture": "shared_reactor", )" + headline +
                     "}}");
  };
  const std::string both = R"(["lean", "nghttp2"])";
  EXPECT_EQ(with_headline(both, R"("http2": "lean", "against": "shared_reactor",
                                   "against_http2": "nghttp2")"),
            "accepted");
  EXPECT_EQ(
      with_headline(both, R"("against": "shared_reactor")"),
      "plan.json: headline.against_http2 is missing: allowed is one of nghttp2, since against "
      "is the same architecture");
  EXPECT_EQ(with_headline(both, R"("against": "shared_reactor", "against_http2": "lean")"),
            "plan.json: headline.against_http2 is the text \"lean\": allowed is \"nghttp2\"");
  EXPECT_EQ(with_headline(both, R"("against": "reuseport_loops", "against_http2": "nghttp2")"),
            "plan.json: headline.against_http2 is the text \"nghttp2\": allowed is \"lean\"");
  EXPECT_EQ(with_headline(both, R"("against": "reuseport_loops", "http2": "null")"),
            "plan.json: headline.http2 is the text \"null\": allowed is one of \"lean\", "
            "\"nghttp2\"");
  EXPECT_EQ(with_headline(R"("lean")", R"("against": "shared_reactor", "against_http2": "lean")"),
            "plan.json: headline.against is the text \"shared_reactor\": allowed is "
            "\"reuseport_loops\"");
  EXPECT_EQ(
      complaint(plan_with(
          R"(, "headline": {"architecture": "shared_reactor", "against": "shared_reactor"})")),
      "plan.json: headline is an object: allowed is null when the plan has one architecture, "
      "one engine and one http2");
}

}  // namespace
}  // namespace coresweep
