#include "harness/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/paired_figures.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr double kSlight = 0.01;

std::string figure(double value, const Quantity& quantity) {
  const std::string unit = *quantity.unit == '\0' ? "" : fmt::format(" {}", quantity.unit);
  return value > 0 && value < quantity.least ? fmt::format("under {}{}", quantity.least, unit)
                                             : significant(value) + unit;
}

std::string ratio_words(const Difference& difference) {
  const double least = difference.quantity->least;
  const double arm = median(difference.arm);
  const double against = median(difference.against);
  if (arm < least && against < least) {
    return "both as good as none";
  }
  if (arm < least) {
    return fmt::format("under {}x", significant(least / against));
  }
  if (against < least) {
    return fmt::format("over {}x", significant(arm / least));
  }
  const MedianInterval& ratio = difference.ratio;
  return ratio.values == 1 ? fmt::format("{}x", significant(ratio.median))
                           : fmt::format("{}x, {}-{}", significant(ratio.median),
                                         significant(ratio.low), significant(ratio.high));
}

}  // namespace

bool Difference::is_slight() const { return size() < std::log1p(kSlight); }

double Difference::size() const {
  return is_measured() && is_comparable ? std::abs(std::log(ratio.median)) : 0;
}

Difference difference_of(const Quantity& quantity, const ComparedArms& arms,
                         const std::vector<Pair>& pairs) {
  const bool is_comparable =
      quantity.compared == Compared::kAlways || arms.arm.engine == arms.against.engine;
  Difference result{&quantity, {}, {}, is_comparable, false, false, {}};
  PairedFigures ratios(PairedFigures::Of::kRatios);
  for (const Pair& pair : pairs) {
    const auto arm = quantity.of(*pair.arm);
    const auto against = quantity.of(*pair.against);
    result.arm_has |= arm.has_value();
    result.against_has |= against.has_value();
    if (arm && against) {
      result.arm.push_back(*arm);
      result.against.push_back(*against);
      // What is as good as none has no ratio to another such, and none to nothing at all.
      ratios.add(std::max(*arm, quantity.least) / std::max(*against, quantity.least),
                 pair.arm->pair);
    }
  }
  if (!ratios.empty()) {
    result.ratio = median_interval(ratios.independent());
  }
  return result;
}

std::string waiting_calls(const Arm& arm) {
  return arm.engine == kIoUring ? "returns from liburing's get_cqe"
                                : "returns from epoll_wait";
}

std::string alike_text(const Difference& difference) {
  const Quantity& quantity = *difference.quantity;
  return fmt::format("{} ({} against {})", quantity.name, figure(median(difference.arm), quantity),
                     figure(median(difference.against), quantity));
}

std::string difference_line(const ComparedArms& arms, const Difference& difference) {
  const Quantity& quantity = *difference.quantity;
  const bool is_time = std::string_view(quantity.unit) == "us";
  return fmt::format("  {}: {} {}{} against {} ({}){}{}", arms.arm.architecture,
                     figure(median(difference.arm), quantity), is_time ? "of " : "", quantity.name,
                     figure(median(difference.against), quantity), ratio_words(difference),
                     *quantity.meaning == '\0' ? "" : "; ",
                     fmt::format(fmt::runtime(quantity.meaning), waiting_calls(arms.arm)));
}

}  // namespace coresweep
