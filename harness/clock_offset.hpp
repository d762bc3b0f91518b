// How far apart the clocks of two hosts are, and how well that is known.
//
// Hosts of a pair are held against each other and never against whoever asks them: its own clock,
// a laptop's, takes part in no figure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "support/json_lines.hpp"

namespace coresweep {

/// One question to a host: CLOCK_REALTIME of who asked before and after, and the host's between.
struct ClockSample {
  std::int64_t sent_ns = 0;
  std::int64_t remote_ns = 0;
  std::int64_t received_ns = 0;
};

/// A host's clock is `offset_ns` ahead, give or take `bound_ns`.
struct ClockOffset {
  std::int64_t offset_ns = 0;
  std::int64_t bound_ns = 0;

  bool operator==(const ClockOffset&) const = default;
};

/// Of the fastest round trip, however unlike its two ways are: half of it is the bound. Requires at
/// least one sample.
[[nodiscard]] ClockOffset clock_offset(std::span<const ClockSample> samples);

/// What is known of a host's clock.
struct HostClock {
  std::string name;
  ClockOffset measured;                   ///< against whoever asked
  std::optional<ClockOffset> chrony = {};  ///< against the time itself, by the chrony there
  std::string why_no_chrony = {};          ///< why there is none
};

/// How far two clocks of a pair may be apart, with all that is not known of it.
inline constexpr std::int64_t kClockLimitNs = 1'000'000;

enum class ClockSource { kMeasured, kChrony };

struct ClockDifference {
  ClockOffset ahead;
  ClockSource source = ClockSource::kMeasured;
};

/// How far `host` is ahead of `reference`. Measured, unless a long way keeps that from telling what
/// chrony on both tells.
[[nodiscard]] ClockDifference clock_difference(const HostClock& host, const HostClock& reference);

/// Whether two clocks so far apart are beyond the limit wherever the truth lies.
[[nodiscard]] bool are_certainly_apart(const ClockOffset& ahead);

/// Why the two may not measure together; empty when they may. A line that begins with a host's
/// name.
[[nodiscard]] std::string clock_complaint(const HostClock& host, const HostClock& reference);

/// "clock 12 us (+- 45 us) behind client1's"
[[nodiscard]] std::string clock_text(const ClockDifference& difference,
                                     const std::string& reference);

/// {"offset_ns":..., "bound_ns":..., "source":"measured"|"chrony"}
[[nodiscard]] Json to_json(const ClockDifference& difference);

}  // namespace coresweep
