#include "harness/cpu_frequency.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace coresweep {
namespace {

class CpuFrequencyTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directory(root_); }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void show(int cpu, const std::string& text) {
    const std::string folder = root_ + "/cpu" + std::to_string(cpu) + "/cpufreq";
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/scaling_cur_freq") << text;
  }

  const std::string root_ = testing::TempDir() + "cpu_frequency_" + std::to_string(::getpid());
};

TEST_F(CpuFrequencyTest, IsSampledOfEachCpuOnce) {
  CpuFrequency frequency({4, 2, 4}, root_);
  show(2, "2100000\n");
  show(4, "3500000\n");
  frequency.sample();
  show(4, "3400000\n");
  frequency.sample();
  EXPECT_EQ(frequency.samples(), Json::parse(R"({"per_cpu": [
      {"cpu": 2, "khz": [2100000, 2100000]}, {"cpu": 4, "khz": [3500000, 3400000]}]})"));
}

TEST_F(CpuFrequencyTest, OfACpuThatDoesNotTellIsLeftOut) {
  show(1, "2100000\n");
  show(2, "2100000\n");
  show(3, "<unknown>\n");
  CpuFrequency frequency({0, 1, 2, 3}, root_);
  frequency.sample();
  std::filesystem::remove_all(root_ + "/cpu2");
  frequency.sample();
  show(2, "2100000\n");
  frequency.sample();
  EXPECT_EQ(frequency.samples(), Json::parse(R"({"per_cpu": [
      {"cpu": 1, "khz": [2100000, 2100000, 2100000]}]})"));
}

TEST_F(CpuFrequencyTest, WithoutAnyIsNull) {
  CpuFrequency frequency({0, 1}, root_);
  EXPECT_TRUE(frequency.samples().is_null());
  frequency.sample();
  EXPECT_TRUE(frequency.samples().is_null());
}

}  // namespace
}  // namespace coresweep
