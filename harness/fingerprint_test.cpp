#include "harness/fingerprint.hpp"

#include <gmock/gmock.h>

#include <tuple>

namespace coresweep {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Json whole_record() {
  return {{"started_at", "2026-01-31T12:00:00Z"},
          {"seed", 7},
          {"plan", {{"warmup", "500ms"}, {"duration", "2500ms"}, {"blocks", 9}}},
          {"machine",
           {{"cpu_model", "AMD EPYC"},
            {"kernel", "6.18"},
            {"memory_kb", 24684096},
            {"governor", nullptr},
            {"limits", {{"open_files", 20000}, {"port_range", {32768, 60999}}}}}},
          {"cpu_division", {{"server", {0, 1}}, {"load", {2, 3}}, {"physical_cores", 2}}},
          {"thresholds", {{"client_bound_busy_share", 0.9}}},
          {"build", {{"git_revision", std::string(40, 'a')}}},
          {"binaries", {{"greeter", {{"sha256", std::string(64, '1')}}}}},
          {"peers", Json::array()}};
}

// The one difference that `change` makes.
FieldDifference difference_by(void (*change)(Json& b)) {
  Json b = whole_record();
  change(b);
  const auto differences = fingerprint_differences(whole_record(), b);
  EXPECT_THAT(differences, SizeIs(1));
  return differences.empty() ? FieldDifference() : differences.front();
}

TEST(Fingerprint, OfOneAndTheSameMachineAndCodeHasNoDifference) {
  Json later = whole_record();
  later["started_at"] = "2026-02-01T12:00:00Z";
  later["seed"] = 8;
  later["plan"]["blocks"] = 12;
  later["machine"]["memory_kb"] = 24684000;
  later.erase("peers");
  EXPECT_THAT(fingerprint_differences(whole_record(), later), IsEmpty());
}

TEST(Fingerprint, WhatItIsMeasuredOnOrWithConfounds) {
  const auto kernel = difference_by([](Json& b) { b["machine"]["kernel"] = "6.1"; });
  EXPECT_EQ(kernel.field, "machine.kernel");
  EXPECT_EQ(kernel.a, "6.18");
  EXPECT_EQ(kernel.b, "6.1");
  EXPECT_EQ(kernel.meaning, Meaning::kConfounds);
  const auto server = difference_by([](Json& b) { b["cpu_division"]["server"] = {0}; });
  EXPECT_EQ(server.field, "cpu_division.server");
  EXPECT_EQ(server.a, "[0,1]");
  EXPECT_EQ(server.meaning, Meaning::kConfounds);
  EXPECT_EQ(difference_by([](Json& b) { b["plan"]["duration"] = "1s"; }).meaning,
            Meaning::kConfounds);
  EXPECT_EQ(difference_by([](Json& b) { b["machine"]["memory_kb"] = 12684096; }).meaning,
            Meaning::kConfounds);
  EXPECT_EQ(difference_by([](Json& b) { b["machine"]["governor"] = "powersave"; }).a, "null");
}

TEST(Fingerprint, AnotherInterfaceIsAnotherPathAndAnotherPortIsNot) {
  Json a = whole_record();
  a["plan"]["listen"] = "127.0.0.1:10051";
  Json b = a;
  b["plan"]["listen"] = "127.0.0.1:20051";
  EXPECT_THAT(fingerprint_differences(a, b), IsEmpty());
  for (const char* other : {"[::1]:10051", "10.0.0.2:10051"}) {
    b["plan"]["listen"] = other;
    const auto differences = fingerprint_differences(a, b);
    ASSERT_THAT(differences, SizeIs(1));
    EXPECT_EQ(differences[0].field, "plan.listen");
    EXPECT_EQ(differences[0].b, other);
    EXPECT_EQ(differences[0].meaning, Meaning::kConfounds);
  }
}

TEST(Fingerprint, WhatASweepIsJudgedByIsToldAndConfoundsNothing) {
  for (const auto& [key, one, other] :
       {std::tuple("twin_blocks", Json(6), Json(0)), {"controls", Json(true), Json(false)},
        {"reruns", Json(1), Json(2)}, {"until_ci", Json("3%"), Json()}}) {
    Json a = whole_record();
    Json b = whole_record();
    a["plan"][key] = one;
    b["plan"][key] = other;
    const auto differences = fingerprint_differences(a, b);
    ASSERT_THAT(differences, SizeIs(1)) << key;
    EXPECT_EQ(differences[0].field, std::string("plan.") + key);
    EXPECT_EQ(differences[0].meaning, Meaning::kContext);
  }
}

TEST(Fingerprint, CodeIsWhatIsCompared) {
  const auto revision =
      difference_by([](Json& b) { b["build"]["git_revision"] = std::string(40, 'b'); });
  EXPECT_EQ(revision.field, "build.git_revision");
  EXPECT_EQ(revision.meaning, Meaning::kSubject);
  EXPECT_EQ(difference_by([](Json& b) { b["binaries"]["greeter"]["sha256"] = "2"; }).field,
            "binaries.greeter.sha256");
  const auto peer = difference_by([](Json& b) {
    b["peers"] = {{{"name", "grpcpp"}, {"files", {{"peer.json", {{"sha256", "3"}}}}}}};
  });
  EXPECT_EQ(peer.field, "peers.grpcpp.files.peer.json.sha256");
  EXPECT_EQ(peer.a, "not recorded");
  EXPECT_EQ(peer.meaning, Meaning::kSubject);
}

TEST(Fingerprint, WhatOneRunIsTooOldToHaveConfoundsNothing) {
  const auto added = difference_by([](Json& b) { b["machine"]["boost"] = true; });
  EXPECT_EQ(added.field, "machine.boost");
  EXPECT_EQ(added.a, "not recorded");
  EXPECT_EQ(added.meaning, Meaning::kContext);
  EXPECT_EQ(difference_by([](Json& b) { b["machine"]["limits"]["open_files"] = 1024; }).meaning,
            Meaning::kContext);
  EXPECT_EQ(difference_by([](Json& b) { b["thresholds"]["client_bound_busy_share"] = 0.8; }).field,
            "thresholds.client_bound_busy_share");
}

TEST(Fingerprint, HoldsOfRecordsOfAnyShape) {
  for (const Json& strange : {Json::object(), Json({{"machine", 3}, {"peers", {1, 2}}}),
                              Json({{"peers", {{{"name", 7}}}}, {"cpu_division", nullptr}})}) {
    EXPECT_EQ(fingerprint_differences(strange, whole_record()).size(),
              fingerprint_differences(whole_record(), strange).size());
  }
}

Json host_record(const char* role, const char* kernel) {
  return {{"role", role},
          {"private_address", "10.77.0.1"},
          {"arch", "aarch64"},
          {"instance_type", nullptr},
          {"machine",
           {{"kernel", kernel}, {"memory_kb", 24684096}, {"limits", {{"open_files", 1024}}}}},
          {"cpus", {0, 1}},
          {"build", {{"git_revision", std::string(40, 'a')}}},
          {"binaries", Json::object()},
          {"doctor", Json::array()},
          {"network", {{"device", "ens5"}, {"queues", {{"rx", 8}}},
                       {"interrupts", {{{"irq", 30}, {"name", "ens5-0"}, {"affinity", "0"}}}}}},
          {"clock", {{"offset_ns", 1}, {"bound_ns", 2}, {"source", "measured"}}}};
}

Json record_over_hosts() {
  Json record = whole_record();
  record["plan"]["listen"] = "10.77.0.3:18231";
  record["hosts"] = {{"pair", "pair01"},
                     {"machines", {{"server", host_record("server", "6.1")},
                                   {"client1", host_record("client", "6.1")}}}};
  return record;
}

TEST(Fingerprint, OfHostsIsWhatTheyAreAndNotWhatTheyWereAtThatMoment) {
  Json later = record_over_hosts();
  Json& client = later["hosts"]["machines"]["client1"];
  client["clock"] = {{"offset_ns", -300}, {"bound_ns", 9}, {"source", "chrony"}};
  client["doctor"].push_back({{"check", "thp"}});
  client["private_address"] = "10.77.0.9";
  client["machine"]["memory_kb"] = 24684000;
  client["machine"]["limits"]["open_files"] = 65535;
  client["network"]["interrupts"] = Json::array();
  later["plan"]["listen"] = "10.77.0.1:10051";
  EXPECT_THAT(fingerprint_differences(record_over_hosts(), later), IsEmpty());
  client["machine"]["kernel"] = "6.18";
  client["network"]["queues"]["rx"] = 4;
  const auto differences = fingerprint_differences(record_over_hosts(), later);
  ASSERT_THAT(differences, SizeIs(2));
  EXPECT_EQ(differences[0].field, "hosts.client1.machine.kernel");
  EXPECT_EQ(differences[0].a, "6.1");
  EXPECT_EQ(differences[0].meaning, Meaning::kConfounds);
  EXPECT_EQ(differences[1].field, "hosts.client1.network.queues.rx");
  EXPECT_EQ(differences[1].meaning, Meaning::kConfounds);
}

TEST(Fingerprint, OfAFleetIsOfEachPairsHosts) {
  Json a = whole_record();
  a["fleet"] = {{"pairs", {{"pair04", record_over_hosts()["hosts"]}}}};
  Json b = a;
  b["fleet"]["pairs"]["pair04"]["machines"]["server"]["machine"]["kernel"] = "6.18";
  const auto differences = fingerprint_differences(a, b);
  ASSERT_THAT(differences, SizeIs(1));
  EXPECT_EQ(differences[0].field, "hosts.pair04.server.machine.kernel");
}

TEST(AreAlike, AHostsClockWarningsAndInterruptsAtAnyTwoLooks) {
  const std::string host = "hosts.machines.client1";
  EXPECT_TRUE(are_alike(host + ".clock", 1, 2));
  EXPECT_TRUE(are_alike("fleet.pairs.pair04.machines.client1.doctor", 1, 2));
  EXPECT_TRUE(are_alike(host + ".network.interrupts", 1, 2));
  EXPECT_TRUE(are_alike(host + ".machine.memory_kb", 1'000'000, 1'000'100));
  EXPECT_FALSE(are_alike(host + ".machine.memory_kb", 1'000'000, 2'000'000));
  EXPECT_FALSE(are_alike(host + ".machine.kernel", "6.1", "6.18"));
  EXPECT_FALSE(are_alike(host + ".machine.clock", 1, 2));
  EXPECT_FALSE(are_alike("hosts.machines.clock", 1, 2));  // a host of that name
  EXPECT_FALSE(are_alike("doctor", 1, 2));
}

TEST(WhereItRan, IsOneMachineHostsOrPairs) {
  EXPECT_EQ(where_it_ran(whole_record()), "on one machine");
  EXPECT_FALSE(ran_over_hosts(whole_record()));
  EXPECT_EQ(where_it_ran(record_over_hosts()), "over 2 hosts");
  EXPECT_TRUE(ran_over_hosts(record_over_hosts()));
  Json fleet = whole_record();
  fleet["fleet"] = {{"pairs", {{"pair04", record_over_hosts()["hosts"]}}}};
  EXPECT_EQ(where_it_ran(fleet), "over 1 pair of hosts");
  EXPECT_TRUE(ran_over_hosts(fleet));
}

}  // namespace
}  // namespace coresweep
