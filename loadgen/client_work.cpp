#include "loadgen/client_work.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "loadgen/recorder.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// Some nanoseconds each, that no compiler can leave out and no memory is asked for.
void work(std::uint64_t rounds) {
  std::uint64_t value = 1;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    value = value * 6'364'136'223'846'793'005U + 1;
    asm volatile("" : "+r"(value));
  }
}

// The fastest of some: in the others the thread was interrupted.
double ns_a_round() {
  constexpr std::uint64_t kRounds = 20'000;
  std::int64_t fastest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 20; ++i) {
    const std::int64_t begin = monotonic_ns();
    work(kRounds);
    fastest = std::min(fastest, monotonic_ns() - begin);
  }
  return static_cast<double>(fastest) / kRounds;
}

}  // namespace

void ClientWork::measure(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns) {
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
  if (answered == answered_at_begin_) {
    throw std::runtime_error(
        "--client-work: no request was answered in the warm-up's middle, so nobody knows what one "
        "costs");
  }
  works_ = true;
  ns_a_request_ = share_ * std::max(0.0, cpu_s - cpu_at_begin_s_) * 1e9 /
                  static_cast<double>(answered - answered_at_begin_);
  rounds_a_request_ = ns_a_request_ / ns_a_round();
}

void ClientWork::spend(std::size_t requests) {
  if (works_) {
    rounds_left_ += rounds_a_request_ * static_cast<double>(requests);
    const auto rounds = static_cast<std::uint64_t>(rounds_left_);
    rounds_left_ -= static_cast<double>(rounds);
    work(rounds);
  }
}

}  // namespace coresweep
