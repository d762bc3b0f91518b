// Durations as people write them in flags and plans: "500ms", "2s", "1500us", "1m".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace coresweep {

/// What `parse_duration` takes, for error messages.
inline constexpr std::string_view kDurationForm = "a number and ns, us, ms, s or m (such as 500ms)";

/// A whole or decimal number directly followed by its unit. Nothing when the text is anything else,
/// negative, or beyond a day: no trial lasts that long, and it keeps later sums from overflowing.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// `duration` in seconds: the form durations have in JSON.
[[nodiscard]] constexpr double to_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace coresweep
