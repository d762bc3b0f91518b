// One way to read a command line, so that every program of ours answers wrong usage alike: one line
// on stderr that names the flag and what is allowed, and exit code 2.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/exit.hpp"

namespace coresweep {

/// Parses argv into what was bound to `app`. Nothing when the program shall go on; otherwise the
/// exit code to leave with: 0 after --help or --version, 2 after one line about what was wrong.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc,
                                                    const char* const* argv);

// Checks for CLI11, whose own say it differently in every version.

/// The text is a whole number within [least, most], and nothing else.
[[nodiscard]] CLI::Validator whole_number_between(std::int64_t least, std::int64_t most);

/// The text is one of `names`.
[[nodiscard]] CLI::Validator one_of(const std::vector<std::string>& names);

/// The text is a duration as support/duration.hpp reads it, within [least, most].
[[nodiscard]] CLI::Validator duration_between(std::string_view least, std::string_view most);

}  // namespace coresweep
