#include "harness/agent_hello.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

// Printed by chronyc 4.3 a second and nine after chronyd was started; without -c it said "System
// time : 0.000000583 seconds slow of NTP time" of the second.
TEST(ChronyRecord, TellsHowFarTheClockIsAheadAndHowSureThatIs) {
  EXPECT_EQ(chrony_record("7F000001,127.0.0.1,9,1795761390.623311481,0.000003382,-0.000003382,"
                          "0.000003382,0.000,-10.553,1000000.000,0.000002031,0.397824913,0.0,"
                          "Normal"),
            Json::parse(R"({"offset_ns": -3382, "bound_ns": 397825929})"));
  EXPECT_EQ(chrony_record("7F000001,127.0.0.1,9,1795761397.216011869,0.000000583,-0.000000008,"
                          "0.000002270,0.001,-0.000,0.061,0.000001883,0.000001998,1.0,Normal"),
            Json::parse(R"({"offset_ns": -583, "bound_ns": 2940})"));
}

TEST(ChronyRecord, SaysWhyItTellsNothing) {
  EXPECT_EQ(chrony_record("00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,"
                          "0.000,1.000000000,1.000000000,0.0,Not synchronised")
                .at("why"),
            "chronyc: not synchronised");
  EXPECT_EQ(chrony_record("7F7F0101,,8,1795761388.973026292,0.000000000,0.000000000,0.000000000,"
                          "0.000,0.000,0.000,0.000000000,0.000000000,0.0,Normal")
                .at("why"),
            "chronyc: synchronised to this clock itself");
  EXPECT_EQ(chrony_record("506 Cannot talk to daemon").at("why"),
            "chronyc: its line is not as known: 506 Cannot talk to daemon");
  EXPECT_EQ(chrony_record("").at("why"), "chronyc: its line is not as known: ");
  EXPECT_EQ(chrony_record("7F,a,9,1,fast,0,0,0,0,0,0.1,0.1,0.0,Normal").at("why"),
            "chronyc: its line is not as known: 7F,a,9,1,fast,0,0,0,0,0,0.1,0.1,0.0,Normal");
}

}  // namespace
}  // namespace coresweep
