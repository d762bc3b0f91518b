#include "harness/clock_offset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <vector>

namespace coresweep {
namespace {

ClockOffset difference_of(const ClockOffset& one, const ClockOffset& other) {
  return {one.offset_ns - other.offset_ns, one.bound_ns + other.bound_ns};
}

ClockOffset measured_difference(const HostClock& host, const HostClock& reference) {
  return difference_of(host.measured, reference.measured);
}

std::int64_t most_apart(const ClockOffset& ahead) {
  return std::abs(ahead.offset_ns) + ahead.bound_ns;
}

// The truth may lie within the limit, and is not known to.
bool is_open(const ClockOffset& ahead) {
  return most_apart(ahead) > kClockLimitNs && !are_certainly_apart(ahead);
}

std::string spoken_ns(std::int64_t ns) {
  return ns < 1'000'000 ? fmt::format("{} us", ns / 1'000)
                        : fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
}

std::string apart_text(const ClockOffset& ahead, const char* note, const std::string& reference) {
  return fmt::format("{} (+- {}{}) {} {}'s", spoken_ns(std::abs(ahead.offset_ns)),
                     spoken_ns(ahead.bound_ns), note, ahead.offset_ns < 0 ? "behind" : "ahead of",
                     reference);
}

std::string chrony_advice(const HostClock& host, const HostClock& reference) {
  std::vector<std::string> missing;
  for (const HostClock* one : {&host, &reference}) {
    if (!one->chrony) {
      missing.push_back(fmt::format("{}: {}", one->name, one->why_no_chrony));
    }
  }
  return fmt::format("chrony on all hosts tells better ({})", fmt::join(missing, "; "));
}

// What both say can be true.
bool overlap(const ClockOffset& one, const ClockOffset& other) {
  return std::abs(one.offset_ns - other.offset_ns) <= one.bound_ns + other.bound_ns;
}

// Why what chrony has of the two does not help. Both have one.
std::string chrony_text(const HostClock& host, const HostClock& reference) {
  const ClockOffset told = difference_of(*host.chrony, *reference.chrony);
  const ClockOffset measured = measured_difference(host, reference);
  const std::string but =
      overlap(told, measured) ? std::string("allowed is 1 ms")
                              : "measured it is " + apart_text(measured, "", reference.name);
  return fmt::format("and chrony has it {}: {}: chronyc tracking there",
                     apart_text(told, "", reference.name), but);
}

}  // namespace

ClockOffset clock_offset(std::span<const ClockSample> samples) {
  assert(!samples.empty());
  const auto round_trip = [](const ClockSample& sample) {
    return sample.received_ns - sample.sent_ns;
  };
  const ClockSample& fastest = *std::ranges::min_element(samples, {}, round_trip);
  // Rounded up, so that the truth stays within it.
  const std::int64_t bound = (round_trip(fastest) + 1) / 2;
  return {fastest.remote_ns - fastest.sent_ns - bound, bound};
}

ClockDifference clock_difference(const HostClock& host, const HostClock& reference) {
  const ClockOffset measured = measured_difference(host, reference);
  if (is_open(measured) && host.chrony && reference.chrony) {
    const ClockOffset told = difference_of(*host.chrony, *reference.chrony);
    if (most_apart(told) <= kClockLimitNs && overlap(told, measured)) {
      return {told, ClockSource::kChrony};
    }
  }
  return {measured, ClockSource::kMeasured};
}

bool are_certainly_apart(const ClockOffset& ahead) {
  return std::abs(ahead.offset_ns) - ahead.bound_ns > kClockLimitNs;
}

std::string clock_complaint(const HostClock& host, const HostClock& reference) {
  const ClockDifference difference = clock_difference(host, reference);
  if (most_apart(difference.ahead) <= kClockLimitNs) {
    return {};
  }
  if (is_open(difference.ahead) && difference.ahead.bound_ns > kClockLimitNs) {
    const HostClock& farther =
        reference.measured.bound_ns > host.measured.bound_ns ? reference : host;
    const HostClock& nearer = &farther == &host ? reference : host;
    return fmt::format("{}: its clock can only be told to {} over this connection: {}",
                       farther.name, spoken_ns(farther.measured.bound_ns),
                       host.chrony && reference.chrony ? chrony_text(farther, nearer)
                                                       : chrony_advice(host, reference));
  }
  return fmt::format("{}: its clock is {}: allowed is 1 ms: chronyc tracking there", host.name,
                     apart_text(difference.ahead, "", reference.name));
}

std::string clock_text(const ClockDifference& difference, const std::string& reference) {
  return "clock " + apart_text(difference.ahead,
                               difference.source == ClockSource::kChrony ? " by chrony" : "",
                               reference);
}

Json to_json(const ClockDifference& difference) {
  return {{"offset_ns", difference.ahead.offset_ns},
          {"bound_ns", difference.ahead.bound_ns},
          {"source", difference.source == ClockSource::kChrony ? "chrony" : "measured"}};
}

}  // namespace coresweep
