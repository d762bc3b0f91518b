#include "support/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace coresweep {
namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}}};
constexpr double kLongestNs = 24.0 * 3600e9;

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !(number >= 0)) {
    return std::nullopt;
  }
  const std::string_view unit_name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : kUnits) {
    if (unit.name == unit_name && number * unit.nanoseconds <= kLongestNs) {
      return std::chrono::nanoseconds(std::llround(number * unit.nanoseconds));
    }
  }
  return std::nullopt;
}

}  // namespace coresweep
