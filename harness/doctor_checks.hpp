// The doctor's checks: one small function each, and how it says what it found.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "harness/doctor.hpp"

namespace coresweep {

/// The most connections that a plan of ours has: the article's four clients of 3,000 each.
inline constexpr int kLargestPlanConnections = 12'000;
/// Where a server listens unless the plan says otherwise.
inline constexpr int kDefaultPort = 10'051;

/// One question, whose answers have its name and why it matters.
class Check {
 public:
  Check(std::string name, std::string why) : name_(std::move(name)), why_(std::move(why)) {}

  [[nodiscard]] Finding ok(std::string reading) const {
    return {name_, FindingState::kOk, std::move(reading), why_, ""};
  }
  [[nodiscard]] Finding warning(std::string reading, std::string mend) const {
    return {name_, FindingState::kWarning, std::move(reading), why_, std::move(mend)};
  }
  /// `reason`: why it cannot be read.
  [[nodiscard]] Finding unknown(std::string reason) const {
    return {name_, FindingState::kUnknown, std::move(reason), why_, ""};
  }

 private:
  std::string name_;
  std::string why_;
};

/// `text` as one word of a shell, whatever it holds.
[[nodiscard]] std::string shell_word(std::string_view text);

/// Whether the processes of the whole machine can be seen: we are in its own process namespace.
/// Also false where that cannot be read.
[[nodiscard]] bool sees_all_processes(const std::filesystem::path& root);

// doctor_cpu.cpp
[[nodiscard]] Finding check_governor(const Host& host);
[[nodiscard]] Finding check_boost(const Host& host);
[[nodiscard]] Finding check_smt(const Host& host);
[[nodiscard]] Finding check_numa(const Host& host);
[[nodiscard]] Finding check_clock_source(const Host& host);
[[nodiscard]] Finding check_mitigations(const Host& host);

// doctor_limits.cpp
[[nodiscard]] Finding check_open_files(const Host& host);
[[nodiscard]] Finding check_locked_memory(const Host& host);

// doctor_environment.cpp
[[nodiscard]] Finding check_environment(const Host& host);

// doctor_network.cpp
[[nodiscard]] Finding check_somaxconn(const Host& host);
[[nodiscard]] Finding check_port_range(const Host& host);
[[nodiscard]] Finding check_time_wait(const Host& host);

// doctor_cgroup.cpp
[[nodiscard]] Finding check_cpu_quota(const Host& host);
[[nodiscard]] Finding check_cpuset(const Host& host);

// doctor_host.cpp
[[nodiscard]] Finding check_swap(const Host& host);
[[nodiscard]] Finding check_container(const Host& host);
[[nodiscard]] Finding check_io_uring(const Host& host);

// doctor_load.cpp
[[nodiscard]] Finding check_other_load(const Host& host);
[[nodiscard]] Finding check_steal(const Host& host);
[[nodiscard]] Finding check_irqbalance(const Host& host);

}  // namespace coresweep
