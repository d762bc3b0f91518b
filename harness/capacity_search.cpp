#include "harness/capacity_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "harness/wording.hpp"

namespace coresweep {
namespace {

// The first stride away from the first rate, which was measured and is seldom far off.
constexpr double kFirstStride = 1.25;

}  // namespace

CapacitySearch::CapacitySearch(const CapacitySearchOptions& options)
    : options_(options),
      rate_(std::min(options.first_per_s, options.highest_per_s)),
      stride_(std::log(kFirstStride)) {
  assert(options.first_per_s >= 1 && options.highest_per_s >= 1);
  assert(options.step > 0 && options.step <= 1);
  assert(options.most_trials >= 1 && options.most_noisy >= 0);
}

std::optional<std::int64_t> CapacitySearch::next_rate() const {
  return end_ == SearchEnd::kRunning ? std::optional<std::int64_t>(rate_) : std::nullopt;
}

void CapacitySearch::add(std::int64_t rate_per_s, RateHeld held) {
  assert(next_rate() == rate_per_s);
  (void)rate_per_s;
  if (held == RateHeld::kNoisy || held == RateHeld::kUntold) {
    ++noisy_trials_;
    // Without that one it would have gone on, and it may be due to how much the arm holds.
    has_untold_ = has_untold_ || held == RateHeld::kUntold;
    if (noisy_trials_ > options_.most_noisy) {
      end_ = has_untold_ ? SearchEnd::kUntold : SearchEnd::kTooNoisy;
    }
    return;
  }
  ++trials_;
  if (held == RateHeld::kYes) {
    add_held();
  } else {
    add_failed();
  }
  go_on();
}

void CapacitySearch::add_held() {
  ++held_[rate_];
  low_ = rate_;
}

void CapacitySearch::add_failed() {
  if (rate_ == low_) {
    low_ = 0;
    stride_ = std::log1p(options_.step);
  }
  high_ = rate_;
}

bool CapacitySearch::is_narrow() const {
  return static_cast<double>(high_) <= static_cast<double>(low_) * (1 + options_.step) ||
         high_ - low_ <= 1;
}

void CapacitySearch::go_on() {
  const auto low = static_cast<double>(low_);
  const auto high = static_cast<double>(high_);
  const bool held_twice = low_ != 0 && held_.at(low_) >= 2;
  if (held_twice && high_ != 0 && is_narrow()) {
    end_ = SearchEnd::kConfirmed;
  } else if (held_twice && low_ == options_.highest_per_s) {
    end_ = SearchEnd::kHighestHeld;
  } else if (high_ == 1) {
    end_ = SearchEnd::kNothingHeld;
  } else if (trials_ >= options_.most_trials) {
    end_ = SearchEnd::kOutOfTrials;
  } else if (low_ == 0) {
    rate_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(high / std::exp(stride_)));
    stride_ *= 2;
  } else if (high_ == 0) {
    const double up =
        std::min(low * std::exp(stride_), static_cast<double>(options_.highest_per_s));
    rate_ = std::min(options_.highest_per_s, std::max(low_ + 1, static_cast<std::int64_t>(up)));
    stride_ *= 2;
  } else if (!is_narrow()) {
    rate_ = std::clamp(static_cast<std::int64_t>(std::llround(std::sqrt(low * high))), low_ + 1,
                       high_ - 1);
  } else {
    rate_ = low_;
  }
}

FoundCapacity CapacitySearch::result() const {
  FoundCapacity found{end_, 0, std::nullopt, false, trials_, noisy_trials_};
  if (high_ != 0) {
    found.bracket_high_per_s = high_;
  }
  // The highest below what failed.
  const auto above = high_ == 0 ? held_.end() : held_.lower_bound(high_);
  if (above != held_.begin()) {
    const auto& [rate, times] = *std::prev(above);
    found.held_per_s = rate;
    found.is_confirmed = times >= 2;
  }
  return found;
}

std::string capacity_text(const FoundCapacity& found) {
  const auto rate = [](std::int64_t per_s) {
    return with_thousands(static_cast<double>(per_s)) + "/s";
  };
  const std::string high = found.bracket_high_per_s ? rate(*found.bracket_high_per_s) : "";
  const std::string held = found.held_per_s == 0
                               ? std::string("nothing held")
                               : fmt::format("holds {}{} (held {})",
                                             found.end == SearchEnd::kUntold ? "at least " : "",
                                             rate(found.held_per_s),
                                             found.is_confirmed ? "twice" : "once");
  const auto why = [&found]() -> const char* {
    switch (found.end) {
      case SearchEnd::kHighestHeld:
        return ", the highest rate there is to ask for";
      case SearchEnd::kOutOfTrials:
        return ", ended without being sure";
      case SearchEnd::kTooNoisy:
        return ", ended by a noisy host";
      case SearchEnd::kUntold:
        return ", the load generator, its ports or its window was the limit";
      default:
        return "";
    }
  };
  return fmt::format("{}{}; {}{}", held, high.empty() ? "" : ", not " + high,
                     counted(found.trials, "trial"), why());
}

std::optional<MedianInterval> capacity_of_blocks(const std::vector<FoundCapacity>& blocks,
                                                 double coverage) {
  std::vector<double> rates;
  for (const FoundCapacity& found : blocks) {
    if (found.end != SearchEnd::kTooNoisy) {
      rates.push_back(static_cast<double>(found.held_per_s));
    }
  }
  return rates.empty() ? std::nullopt
                       : std::optional<MedianInterval>(median_interval(rates, coverage));
}

}  // namespace coresweep
