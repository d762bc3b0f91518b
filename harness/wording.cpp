#include "harness/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace coresweep {

std::string with_thousands(double value) {
  const std::string digits = fmt::format("{:.0f}", value);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      grouped += ',';
    }
    grouped += digits[i];
  }
  return grouped;
}

std::string significant(double value) {
  // {:.3g} would write 1e+03, and 1e-05: the first has digits enough, and nobody reads the second.
  constexpr double kWhole = 99.95;
  constexpr double kTiny = 0.0001;
  if (value >= kWhole) {
    return with_thousands(value);
  }
  return value > 0 && value < kTiny ? fmt::format("{:.6f}", value) : fmt::format("{:.3g}", value);
}

std::string spoken_latency(double ns) {
  constexpr double kLarge = 999.5;  // of one unit: three digits are told
  for (const char* unit : {"ns", "us", "ms"}) {
    if (ns < kLarge) {
      return fmt::format("{} {}", significant(ns), unit);
    }
    ns /= 1000;
  }
  return significant(ns) + " s";
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string counted(int count, std::string_view noun) {
  return counted(static_cast<std::size_t>(count), noun);
}

std::string named(std::vector<std::string> names) {
  constexpr std::size_t kMostNamed = 8;
  const std::size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  return fmt::format("{}{}", fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

std::string spelled(std::size_t count) {
  constexpr std::array<const char*, 13> kWords{"no",  "one",   "two",   "three", "four",   "five",
                                               "six", "seven", "eight", "nine",  "ten", "eleven",
                                               "twelve"};
  return count < kWords.size() ? kWords[count] : std::to_string(count);
}

std::string spoken_duration(std::chrono::nanoseconds duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  if (seconds < 60) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  }
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string printable_line(const std::string& text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    // The second kind of control characters is two bytes in UTF-8.
    const bool is_second_kind = code == 0xc2 && next >= 0x80 && next < 0xa0;
    line += code < 0x20 || code == 0x7f || is_second_kind ? '?' : text[i];
    i += is_second_kind ? 1 : 0;
  }
  return line;
}

std::string shortened_line(const std::string& text, std::size_t most_bytes) {
  std::string line = printable_line(text);
  if (line.size() <= most_bytes) {
    return line;
  }
  std::size_t end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) {
    --end;  // within a character
  }
  return line.substr(0, end) + "...";
}

}  // namespace coresweep
