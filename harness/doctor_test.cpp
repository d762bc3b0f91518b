#include "harness/doctor.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "harness/doctor_checks.hpp"
#include "harness/doctor_test_machine.hpp"

namespace coresweep {
namespace {

using std::filesystem::path;

TEST_F(DoctorTest, AMachineWithNothingInTheWayIsReady) {
  const std::vector<Finding> findings = examine(host_);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.state, FindingState::kOk) << finding.name << ": " << finding.reading;
  }
  EXPECT_EQ(findings.size(), 20U);
  EXPECT_EQ(count_warnings(findings), 0U);
  EXPECT_EQ(findings_record(findings).at("ready"), true);
  EXPECT_EQ(finding_lines(findings).back(), "ready");
}

TEST_F(DoctorTest, AMachineThatShowsNothingIsUnknownAndNoReasonToWarn) {
  std::filesystem::remove_all(host_.root);
  host_.topology.reset();
  host_.before = read_host_sample(host_.root, SampleSide::kBefore);
  host_.after = read_host_sample(host_.root, SampleSide::kAfter);
  for (const Finding& finding : examine(host_)) {
    // A ring was made: that needs no file.
    EXPECT_EQ(finding.state,
              finding.name == "io_uring" ? FindingState::kOk : FindingState::kUnknown)
        << finding.name << ": " << finding.reading;
  }
}

TEST_F(DoctorTest, GarbageInEveryFileIsNoReadingAndNoCrash) {
  std::vector<path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(host_.root)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  ASSERT_GT(files.size(), 20U);
  for (const std::string& garbage :
       {std::string(), std::string("\n\n"), std::string("\xff\0\x1b[2J:,-(\n", 11),
        std::string("-9223372036854775808 99999999999999999999 kB\n"), std::string(100'000, '9'),
        std::string(100'000, 'x')}) {
    for (const path& file : files) {
      std::ofstream(file) << garbage;
    }
    host_.before = read_host_sample(host_.root, SampleSide::kBefore);
    host_.after = read_host_sample(host_.root, SampleSide::kAfter);
    const std::vector<Finding> findings = examine(host_);
    EXPECT_EQ(findings.size(), 20U);
    for (const Finding& finding : findings) {
      EXPECT_NE(finding.state, FindingState::kWarning) << finding.name;
      EXPECT_LT(finding.reading.size(), 400U) << finding.name;
    }
  }
}

TEST_F(DoctorTest, AFileWithoutEndIsReadInPart) {
  write("proc/meminfo", "SwapTotal: 0 kB\nSwapFree: 0 kB\n");
  std::filesystem::resize_file(host_.root / "proc/meminfo", 64 << 20);
  expect_ok("swap", "none");
  const HostText read = read_host_text(host_.root, "/proc/meminfo");
  ASSERT_TRUE(read.text);
  EXPECT_LT(read.text->size(), std::size_t{5} << 20);
}

TEST_F(DoctorTest, WhatIsNoFileIsNotWaitedFor) {
  remove("proc/sys/net/core/somaxconn");
  ASSERT_EQ(::mkfifo((host_.root / "proc/sys/net/core/somaxconn").c_str(), 0600), 0);
  expect_unknown("somaxconn", "/proc/sys/net/core/somaxconn: is empty");
  remove("proc/meminfo");
  std::filesystem::create_directory(host_.root / "proc/meminfo");
  expect_unknown("swap", "/proc/meminfo: Is a directory");
}

TEST(Findings, AreListedWarningsFirstAndTheVerdictLast) {
  const Check check("swap", "it is slow");
  const std::vector<Finding> findings = {check.ok("fine"), check.unknown("no file"),
                                         check.warning("full", "sudo swapoff -a"),
                                         check.ok("good")};
  EXPECT_THAT(finding_lines(findings),
              testing::ElementsAre("warning  swap  full", "         why:  it is slow",
                                   "         mend: sudo swapoff -a", "unknown  swap  no file",
                                   "         why:  it is slow", "ok       swap  fine",
                                   "ok       swap  good", "1 warning"));
  EXPECT_EQ(findings_record({findings[2], findings[0]}), Json::parse(R"({"schema_version": 1,
      "ready": false, "findings": [
      {"name": "swap", "state": "warning", "reading": "full", "why": "it is slow",
       "mend": "sudo swapoff -a"},
      {"name": "swap", "state": "ok", "reading": "fine", "why": "it is slow", "mend": null}]})"));
}

}  // namespace
}  // namespace coresweep
