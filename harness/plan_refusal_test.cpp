// The line that answers what no plan may say.
#include <gmock/gmock.h>

#include "harness/plan_test_texts.hpp"

namespace coresweep {
namespace {

TEST(Plan, NamesAnUnknownKeyAndTheAllowedOnes) {
  EXPECT_EQ(
      complaint(plan_with(R"(, "thread": 1)")),
      "plan.json:1: unknown key \"thread\": allowed are question, architectures, engine, http2, "
      "threads, mode, connections, streams, rate, requests_per_connection, handler_cpu, "
      "handler_wait, reply_bytes, stall_thread, pin, backlog, server_cores, warmup, duration, "
      "blocks, until_ci, capacity_p99, twin_blocks, controls, reruns, seed, listen, ceiling, "
      "trace, peers, headline");
  EXPECT_EQ(complaint(plan_with(R"(, "headline": {"threads": 1, "than": 2})")),
            "plan.json:1: unknown key \"than\" in headline: allowed are architecture, engine, "
            "http2, against, against_engine, against_http2, threads, connections, streams, rate, "
            "requests_per_connection, handler_cpu, handler_wait, reply_bytes, stall_thread, pin, "
            "backlog");
}

TEST(Plan, RefusesAKeyGivenTwice) {
  EXPECT_EQ(complaint(plan_with(R"(, "blocks": 1, "blocks": 2)")),
            "plan.json:1: \"blocks\" is given twice in one object");
}

struct Refusal {
  const char* more;  ///< behind the architectures
  const char* line;
};

// Without it GoogleTest names the case by its bytes, which are addresses.
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.more; }

class PlanRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(PlanRefusal, NamesTheFieldWhatItIsAndWhatIsAllowed) {
  EXPECT_EQ(complaint(plan_with(GetParam().more)), std::string("plan.json:1: ") + GetParam().line);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, PlanRefusal,
    testing::Values(
        Refusal{R"(, "until_ci": "2%", "capacity_p99": "2ms")",
                "until_ci is the text \"2%\": allowed is null beside capacity_p99, whose blocks "
                "are all searched"},
        Refusal{R"(, "mode": "churn", "requests_per_connection": 1, "capacity_p99": "2ms")",
                "capacity_p99 is the text \"2ms\": allowed is null in mode churn, which has no "
                "rate"},
        Refusal{R"(, "until_ci": "2%", "headline": null)",
                "until_ci is the text \"2%\": allowed is null, unless there is a headline whose "
                "ratio it is a share of"},
        Refusal{R"(, "threads": [0])",
                "threads[0] is 0: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on, and "
                "\"largest\", which is the server's"},
        Refusal{R"(, "threads": [1, 3])",
                "threads[1] is 3: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on, and "
                "\"largest\", which is the server's"},
        Refusal{R"(, "threads": [1, 1])",
                "threads[1] is 1: allowed is \"auto\" or a list of 1 to 64 different whole numbers "
                "from 1 to 2, the CPUs that coresweep may run on, and "
                "\"largest\", which is the server's"},
        Refusal{R"(, "threads": "many")",
                "threads is the text \"many\": allowed is \"auto\" or a list of 1 to 64 different "
                "whole numbers from 1 to 2, the CPUs that coresweep may run on, and "
                "\"largest\", which is the server's"},
        Refusal{
            R"(, "threads": [])",
            "threads is an empty list: allowed is \"auto\" or a list of 1 to 64 different whole "
            "numbers from 1 to 2, the CPUs that coresweep may run on, and "
                "\"largest\", which is the server's"},
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
            "100000, or a list of different ones"},
        Refusal{R"(, "connections": {"1": 8}, "streams": [1, 10])",
                "connections.10 is missing: allowed is a whole number from 1 to 100000"},
        Refusal{R"(, "connections": {"1": 0}, "streams": 1)",
                "connections.1 is 0: allowed is a whole number from 1 to 100000"},
        Refusal{R"(, "connections": {"1": 8, "2": 8}, "streams": 1)",
                "unknown key \"2\" in connections: allowed are 1"},
        Refusal{R"(, "connections": [8, "auto"], "streams": [1, 10])",
                "connections[1] is the text \"auto\": allowed is \"auto\" alone, or a whole number "
                "from 1 to 100000, or a list of different ones"},
        Refusal{R"(, "http2": ["lean", "null"], "connections": {"1": 8, "10": 4}, )"
                R"("streams": [1, 10], "headline": {"architecture": "shared_reactor", )"
                R"("against": "shared_reactor", "http2": "lean", "against_http2": "null", )"
                R"("threads": 1, "streams": 1, "connections": 4})",
                "headline.connections is 4: allowed is 8"},
        Refusal{
            R"(, "connections": 100000, "streams": 1000)",
            "connections x streams is 100000000: allowed is at most 1000000 requests in flight"},
        Refusal{R"(, "streams": 1.5)",
                "streams is 1.5: allowed is a whole number from 1 to 1000, or a list of different "
                "ones"},
        Refusal{R"(, "streams": true)",
                "streams is true: allowed is a whole number from 1 to 1000, or a list of different "
                "ones"},
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
        Refusal{R"(, "reply_bytes": [0, 1, 2, 3, 4, 5, 6, 7], )"
                R"("handler_wait": ["0ns", "1ms", "2ms"], "handler_cpu": ["0ns", "1us", "2us"])",
                "handler_cpu x handler_wait x reply_bytes x stall_thread x pin x backlog is 72: "
                "allowed is at most 64 different conditions"},
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
                "peers is the text \"tonic\": allowed is \"all\" or a list of folders, each with a "
                "peer.json"},
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
        Refusal{R"(, "pin": "all")",
                "pin is the text \"all\": allowed is \"each\" or \"none\", or a list of different "
                "ones"},
        Refusal{R"(, "backlog": "divided")",
                "backlog is the text \"divided\": allowed is \"whole\", unless mode is churn"},
        Refusal{R"(, "server_cores": 2)",
                "server_cores is 2: allowed is \"half\" or a whole number from 1 to 1, which "
                "leaves the load a physical core"},
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
  EXPECT_EQ(complaint("{}"), "plan.json:1: architectures is missing: " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": ["shared_reactor", "nginx"]})"),
            "plan.json:1: architectures[1] is the text \"nginx\": " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": []})"),
            "plan.json:1: architectures is an empty list: " + allowed);
  EXPECT_EQ(complaint(R"({"architectures": "shared_reactor"})"),
            "plan.json:1: architectures is the text \"shared_reactor\": " + allowed);
}

}  // namespace
}  // namespace coresweep
