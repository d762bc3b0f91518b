#include "harness/cpu_frequency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace coresweep {

CpuFrequency::CpuFrequency(std::vector<int> cpus, std::string root)
    : cpus_(std::move(cpus)), root_(std::move(root)) {
  std::ranges::sort(cpus_);
  cpus_.erase(std::unique(cpus_.begin(), cpus_.end()), cpus_.end());
  khz_.assign(cpus_.size(), Json::array());
}

void CpuFrequency::sample() {
  for (std::size_t i = 0; i < cpus_.size(); ++i) {
    std::ifstream file(fmt::format("{}/cpu{}/cpufreq/scaling_cur_freq", root_, cpus_[i]));
    std::int64_t khz = 0;
    if (khz_[i].is_null() || !(file >> khz) || khz <= 0) {
      khz_[i] = nullptr;
    } else {
      khz_[i].push_back(khz);
    }
  }
}

Json CpuFrequency::samples() const {
  Json all = Json::array();
  for (std::size_t i = 0; i < cpus_.size(); ++i) {
    if (!khz_[i].empty()) {
      all.push_back({{"cpu", cpus_[i]}, {"khz", khz_[i]}});
    }
  }
  return all.empty() ? Json() : Json{{"per_cpu", all}};
}

}  // namespace coresweep
