// Figures as people read them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace coresweep {

/// 1234567.8 as "1,234,568"; `value` is not negative.
[[nodiscard]] std::string with_thousands(double value);

/// Three significant digits: "1.94", "0.021", "12,346"; `value` is not negative.
[[nodiscard]] std::string significant(double value);

/// "850 ns", "41.2 ms", "1.2 s"
[[nodiscard]] std::string spoken_latency(double ns);

/// What an open loop's ratio is of.
inline constexpr const char* kLatencyRatio = "p99 from due (below 1 is sooner)";

/// "8 blocks", "1 block"
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);
[[nodiscard]] std::string counted(int count, std::string_view noun);

/// The first eight: "pair01, pair02 and 3 more".
[[nodiscard]] std::string named(std::vector<std::string> names);

/// "six", and digits from thirteen on
[[nodiscard]] std::string spelled(std::size_t count);

/// "45 s", "2 min 5 s", "3 h 7 min": rounded up to the second.
[[nodiscard]] std::string spoken_duration(std::chrono::nanoseconds duration);

/// `text` on one line of printable characters: a file may hold anything, also what moves a
/// terminal's cursor.
[[nodiscard]] std::string printable_line(const std::string& text);

/// The same, and at most so long but for the three dots that then end it.
[[nodiscard]] std::string shortened_line(const std::string& text, std::size_t most_bytes);

}  // namespace coresweep
