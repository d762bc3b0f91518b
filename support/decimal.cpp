#include "support/decimal.hpp"

#include <charconv>

namespace coresweep {

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() ||
      text.find_first_not_of("0123456789.") != std::string_view::npos) {
    return std::nullopt;
  }
  return value;
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) {
    return std::nullopt;
  }
  const auto value = parse_decimal(text.substr(0, text.size() - 1));
  return value ? std::optional(*value / 100) : std::nullopt;
}

}  // namespace coresweep
