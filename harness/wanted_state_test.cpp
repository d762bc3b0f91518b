#include "harness/wanted_state.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support/json_lines.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WantedState : public testing::Test {
 protected:
  WantedState() : folder_(testing::TempDir() + "/coresweep-wanted-" + test_name()) {
    std::filesystem::create_directories(folder_);
  }
  ~WantedState() override { std::filesystem::remove_all(folder_); }

  static std::string test_name() {
    return testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  // A file of the kernel's with that text.
  void given(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ + file).parent_path());
    std::ofstream(folder_ + file) << text;
  }

  [[nodiscard]] std::vector<std::string> complaints(const std::string& text) const {
    std::ofstream(file()) << text;
    return state_complaints(file(), folder_);
  }

  [[nodiscard]] std::vector<std::string> of_one(const std::string& kernel_file,
                                                const std::string& value) const {
    return complaints(Json({{"schema_version", 1},
                            {"wanted",
                             {{{"key", "the.key"}, {"file", kernel_file}, {"value", value}}}}})
                          .dump());
  }

  [[nodiscard]] std::string file() const { return folder_ + "/wanted.json"; }

  std::string folder_;
};

TEST_F(WantedState, NothingIsWantedWhereThereIsNoFile) {
  EXPECT_THAT(state_complaints(file(), folder_), IsEmpty());
}

TEST_F(WantedState, WhatDiffersIsNamedAndTheRestIsNot) {
  given("/proc/sys/net/core/somaxconn", "4096\n");
  given("/proc/irq/33/smp_affinity_list", "1\n");
  EXPECT_THAT(complaints(R"({"schema_version": 1, "wanted": [
    {"key": "net.core.somaxconn", "file": "/proc/sys/net/core/somaxconn", "value": "65535"},
    {"key": "interrupt e0-1", "file": "/proc/irq/33/smp_affinity_list", "value": "1"}]})"),
              ElementsAre("net.core.somaxconn is 4096: wanted is 65535"));
}

TEST_F(WantedState, BlanksCountOnce) {
  const std::string file = "/proc/sys/net/ipv4/ip_local_port_range";
  given(file, "1024\t65535\n");
  EXPECT_THAT(of_one(file, "1024 65535"), IsEmpty());
  EXPECT_THAT(of_one(file, "1024 65000"),
              ElementsAre("the.key is 1024 65535: wanted is 1024 65000"));
}

TEST_F(WantedState, AnEmptyValueIsOne) {
  given("/proc/sys/net/ipv4/ip_local_reserved_ports", "\n");
  EXPECT_THAT(of_one("/proc/sys/net/ipv4/ip_local_reserved_ports", ""), IsEmpty());
}

TEST_F(WantedState, OfAChoiceWhatIsChosenCounts) {
  const std::string file = "/sys/kernel/mm/transparent_hugepage/enabled";
  given(file, "always [madvise] never\n");
  EXPECT_THAT(of_one(file, "madvise"), IsEmpty());
  EXPECT_THAT(of_one(file, "always"), ElementsAre("the.key is madvise: wanted is always"));
}

TEST_F(WantedState, AFileThatIsGoneIsNamed) {
  EXPECT_THAT(of_one("/proc/irq/9/smp_affinity_list", "3"),
              ElementsAre("the.key: /proc/irq/9/smp_affinity_list: No such file or directory: "
                          "wanted is 3"));
}

TEST_F(WantedState, OnlyFilesOfTheKernelAreRead) {
  for (const std::string file : {"/etc/shadow", "/proc/1/environ", "/proc/sys/../1/environ",
                                 "/sys/", "sys/x", "/proc/sys//x", "/proc/sys"}) {
    EXPECT_THAT(of_one(file, "x"),
                ElementsAre(this->file() + ": wanted[0].file is the text \"" + file +
                            "\": allowed is one below /proc/sys, /proc/irq or /sys"));
  }
}

TEST_F(WantedState, WhatIsMalformedIsOneComplaintThatNamesIt) {
  const std::string where = file();
  const auto refused = [this](const std::string& text) { return complaints(text); };
  EXPECT_THAT(refused("{}"),
              ElementsAre(where + ":1: schema_version is missing: allowed is 1"));
  EXPECT_THAT(refused(R"({"schema_version": 2, "wanted": []})"),
              ElementsAre(where +
                          ":1: schema_version is 2: allowed is a whole number from 1 to 1"));
  EXPECT_THAT(refused(R"({"schema_version": 1})"),
              ElementsAre(where + ":1: wanted is missing: allowed is a list"));
  EXPECT_THAT(refused(R"({"schema_version": 1, "wanted": [1]})"),
              ElementsAre(where +
                          ":1: wanted[0] is 1: allowed is an object of key, file and value"));
  EXPECT_THAT(refused(R"({"schema_version": 1, "wanted": [{"key": "k", "file": "/sys/x"}]})"),
              ElementsAre(where + ": wanted[0].value is missing: allowed is a text"));
  EXPECT_THAT(refused(R"({"schema_version": 1, "wanted": {}, "more": 1})"),
              ElementsAre(where + ":1: unknown key \"more\": allowed are schema_version, wanted"));
  EXPECT_THAT(refused(std::string((1 << 20) + 1, ' ')),
              ElementsAre(where + ": is larger than the 1048576 bytes that are allowed"));
}

TEST_F(WantedState, AFolderIsNoFile) {
  std::filesystem::create_directory(file());
  EXPECT_THAT(state_complaints(file(), folder_),
              ElementsAre(file() + ": is a folder: a file is needed"));
}

}  // namespace
}  // namespace coresweep
