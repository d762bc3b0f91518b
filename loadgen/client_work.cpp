#include "loadgen/client_work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <stdexcept>

#include "loadgen/recorder.hpp"
#include "support/cpu_rounds.hpp"
#include "support/decimal.hpp"
#include "support/duration.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

double thread_cpu_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Of reading that clock twice, what is between: the least of some.
double ns_of_the_clock() {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < 20; ++i) {
    const double begin = thread_cpu_ns();
    least = std::min(least, thread_cpu_ns() - begin);
  }
  return least;
}

constexpr std::uint64_t kFewestToMeasure = 100;
constexpr std::uint64_t kTurnsASample = 64;

}  // namespace

std::optional<AddedWork> parse_added_work(std::string_view text) {
  constexpr double kMostShare = 10;
  constexpr std::chrono::nanoseconds kMost = std::chrono::milliseconds(10);
  if (const auto share = parse_percent(text); share && *share <= kMostShare) {
    return AddedWork{.share = *share};
  }
  if (const auto time = parse_duration(text); time && *time <= kMost) {
    return AddedWork{.ns = static_cast<double>(time->count())};
  }
  return std::nullopt;
}

void ClientWork::begin(double ns_a_request) {
  works_ = true;
  ns_a_request_ = ns_a_request;
  rounds_a_request_ = ns_a_request_ / ns_a_round();
  clock_ns_ = ns_of_the_clock();
}

void ClientWork::measure(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns) {
  if (asked_.ns > 0) {
    begin(asked_.ns);
    return;
  }
  const std::int64_t warmup = schedule_.window_begin - schedule_.begin;
  if (now < (began_ ? schedule_.window_begin - warmup / 4 : schedule_.begin + warmup / 4)) {
    return;
  }
  const CpuUse use = read_own_cpu(now, spun_ns);
  const double cpu_s = use.user_s + use.system_s - use.spun_s;
  if (!began_) {
    began_ = true;
    cpu_at_begin_s_ = cpu_s;
    answered_at_begin_ = answered;
    return;
  }
  const std::uint64_t measured = answered - answered_at_begin_;
  if (measured < kFewestToMeasure) {
    throw std::runtime_error(fmt::format(
        "--client-work: a thread had {} requests answered in the warm-up's middle, too few to know "
        "what one costs ({}): a longer --warmup, or nanoseconds in place of a share",
        measured, kFewestToMeasure));
  }
  begin(asked_.share * std::max(0.0, cpu_s - cpu_at_begin_s_) * 1e9 /
        static_cast<double>(measured));
}

void ClientWork::spend(std::size_t requests) {
  if (!works_ || requests == 0) {
    return;
  }
  rounds_left_ += rounds_a_request_ * static_cast<double>(requests);
  const auto rounds = static_cast<std::uint64_t>(rounds_left_);
  rounds_left_ -= static_cast<double>(rounds);
  if (turns_++ % kTurnsASample != 0) {
    spend_rounds(rounds);
    return;
  }
  const double begin = thread_cpu_ns();
  spend_rounds(rounds);
  sampled_ns_ += std::max(0.0, thread_cpu_ns() - begin - clock_ns_);
  sampled_ += requests;
}

}  // namespace coresweep
