// Which comparison a plan is run for: what it may name, what it means when it names nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "harness/plan_test_texts.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;

TEST(PlanHeadline, OneArchitectureUnderTwoHttp2IsComparedWithItself) {
  const Plan plan = read_plan(plan_with(R"(, "http2": ["lean", "nghttp2"])"), "p", kTwoCpus);
  EXPECT_EQ(to_json(plan).at("headline"),
            Json::parse(R"({"architecture": "shared_reactor", "engine": "epoll", "http2": "nghttp2",
                            "against": "shared_reactor", "against_engine": "epoll",
                            "against_http2": "lean", "threads": 1, "connections": 32,
                            "streams": 10, "rate": null, "requests_per_connection": null,
                            "handler_cpu": "0ns",
                            "handler_wait": "0ns", "reply_bytes": 0, "stall_thread": null,
                            "pin": "each", "backlog": "whole"})"));
}

TEST(PlanHeadline, AHeadlineOfArchitecturesIsUnderTheFirstHttp2UnlessToldOtherwise) {
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

TEST(PlanHeadline, AHeadlineNamesItsHandlerWhereThereAreSeveral) {
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
            "plan.json:2: headline.handler_cpu is missing: allowed is one of 0ns, 5us, since the "
            "plan has several");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "6us")")),
            "plan.json:2: headline.handler_cpu is the text \"6us\": allowed is one of 0ns, 5us");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "5us")")),
            "plan.json:2: headline.stall_thread is missing: allowed is one of none, 0:200ms, since "
            "the plan has several");
  EXPECT_EQ(complaint(headline(R"(, "handler_cpu": "5us", "stall_thread": null,
                                    "reply_bytes": 10)")),
            "plan.json:3: headline.reply_bytes is 10: allowed is 0");
  const Plan plan = read_plan(headline(R"(, "handler_cpu": "5000ns", "stall_thread": "0:200ms")"),
                              "p", kTwoCpus);
  EXPECT_EQ(conditions_name(plan.headline->conditions), "cpu5us/stall0:200ms");
  // The plan's first.
  EXPECT_EQ(read_plan(with(""), "p", kTwoCpus).headline->conditions, Conditions{});
}

TEST(PlanHeadline, APeerMayStandInAHeadline) {
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
            "plan.json:1: headline.http2 is the text \"lean\": allowed is \"peer\"");
}

TEST(PlanHeadline, AHeadlineOfEnginesComparesNothingElse) {
  const auto under = [](const std::string& more) {
    return plan_with(R"(, "http2": ["lean", "nghttp2"], "engine": ["epoll", "io_uring"],
                          "headline": {"architecture": "shared_reactor", "engine": "io_uring",
                                       "against": "shared_reactor")" +
                     more + "}");
  };
  EXPECT_EQ(read_plan(under(R"(, "against_engine": "epoll")"), "p", kTwoCpus).headline->under(),
            (Arm{"shared_reactor", "epoll", "lean"}));
  EXPECT_EQ(complaint(under(R"(, "against_engine": "epoll", "against_http2": "nghttp2")")),
            "plan.json:3: headline.against_http2 is the text \"nghttp2\": allowed is \"lean\"");
  EXPECT_EQ(complaint(under("")),
            "plan.json:2: headline.against_http2 is missing: allowed is one of nghttp2, since "
            "against is the same architecture");
  const Plan plan = read_plan(plan_with(R"(, "engine": ["epoll", "io_uring"])"), "p", kTwoCpus);
  EXPECT_EQ(plan.headline->over(), (Arm{"shared_reactor", "io_uring", "lean"}));
  EXPECT_EQ(plan.headline->under(), (Arm{"shared_reactor", "epoll", "lean"}));
}

TEST(PlanHeadline, TheLargestHeadlineCountLeavesTheLoadItsCpus) {
  const std::string both = R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline":
      {"architecture": "reuseport_loops", "against": "shared_reactor", "threads": "largest"}})";
  EXPECT_EQ(read_plan(both, "p", kManyCpus).headline->threads, 12);
  EXPECT_EQ(read_plan(both, "p", kTwoCpus).headline->threads, 1);
}

TEST(PlanHeadline, OneArchitectureOrNullIsNoHeadline) {
  EXPECT_EQ(read_plan(plan_with(""), "p", kTwoCpus).headline, std::nullopt);
  EXPECT_EQ(
      read_plan(R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline": null})",
                "p", kTwoCpus)
          .headline,
      std::nullopt);
}

TEST(PlanHeadline, AHeadlineComparesTwoOfItsArms) {
  const auto with_headline = [](const std::string& headline) {
    return complaint(R"({"architectures": ["shared_reactor", "reuseport_loops"], "headline": )" +
                     headline + "}");
  };
  EXPECT_EQ(with_headline(R"({"architecture": "shared_reactor", "against": "shared_reactor"})"),
            "plan.json:1: headline.against is the text \"shared_reactor\": allowed is "
            "\"reuseport_loops\"");
  EXPECT_EQ(with_headline(R"({"architecture": "nginx", "against": "shared_reactor"})"),
            "plan.json:1: headline.architecture is the text \"nginx\": allowed is one of "
            "\"shared_reactor\", \"reuseport_loops\"");
  EXPECT_EQ(
      with_headline(
          R"({"architecture": "shared_reactor", "against": "reuseport_loops", "threads": 16})"),
      "plan.json:1: headline.threads is 16: allowed is \"largest\" or one of 1, 2");
  EXPECT_EQ(
      with_headline(
          R"({"architecture": "shared_reactor", "against": "reuseport_loops", "threads": 1.0})"),
      "plan.json:1: headline.threads is 1.0: allowed is \"largest\" or one of 1, 2");
}

TEST(PlanHeadline, AHeadlineComparesNoArmWithItselfAndOneThingAtATime) {
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
      "plan.json:1: headline.against_http2 is missing: allowed is one of nghttp2, since against "
      "is the same architecture");
  EXPECT_EQ(with_headline(both, R"("against": "shared_reactor", "against_http2": "lean")"),
            "plan.json:1: headline.against_http2 is the text \"lean\": allowed is \"nghttp2\"");
  EXPECT_EQ(with_headline(both, R"("against": "reuseport_loops", "against_http2": "nghttp2")"),
            "plan.json:1: headline.against_http2 is the text \"nghttp2\": allowed is \"lean\"");
  EXPECT_EQ(with_headline(both, R"("against": "reuseport_loops", "http2": "null")"),
            "plan.json:1: headline.http2 is the text \"null\": allowed is one of \"lean\", "
            "\"nghttp2\"");
  EXPECT_EQ(with_headline(R"("lean")", R"("against": "shared_reactor", "against_http2": "lean")"),
            "plan.json:1: headline.against is the text \"shared_reactor\": allowed is "
            "\"reuseport_loops\"");
  EXPECT_EQ(
      complaint(plan_with(
          R"(, "headline": {"architecture": "shared_reactor", "against": "shared_reactor"})")),
      "plan.json:1: headline is an object: allowed is null when the plan has one architecture, "
      "one engine and one http2");
}

}  // namespace
}  // namespace coresweep
