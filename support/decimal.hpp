// Numbers as people write them in flags: "1.1", "20%".
#pragma once

#include <optional>
#include <string_view>

namespace coresweep {

/// A number from 0 without sign or exponent. Nothing when the text is anything else.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

/// Such a number and a percent sign: "20%" is 0.2.
[[nodiscard]] std::optional<double> parse_percent(std::string_view text);

}  // namespace coresweep
