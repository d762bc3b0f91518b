#include "harness/paired_figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "harness/statistics.hpp"

namespace coresweep {
namespace {

double middle_of(std::vector<double> figures, PairedFigures::Of what) {
  std::ranges::sort(figures);
  const double low = figures[(figures.size() - 1) / 2];
  const double high = figures[figures.size() / 2];
  if (low == high || what == PairedFigures::Of::kFigures) {
    return std::midpoint(low, high);
  }
  return std::sqrt(low) * std::sqrt(high);
}

}  // namespace

std::vector<double> PairedFigures::independent() const {
  std::vector<double> found;
  std::map<std::string, std::vector<double>> by_pair;
  for (std::size_t i = 0; i < figures_.size(); ++i) {
    if (pairs_[i].empty()) {
      found.push_back(figures_[i]);
    } else {
      by_pair[pairs_[i]].push_back(figures_[i]);
    }
  }
  for (const auto& [pair, own] : by_pair) {
    found.push_back(middle_of(own, what_));
  }
  return found;
}

double PairedFigures::median() const { return coresweep::median(independent()); }

}  // namespace coresweep
