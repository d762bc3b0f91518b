// One way to read a command line, so that every program of ours answers wrong usage alike: one line
// on stderr that names the flag and what is allowed, and exit code 2.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "support/exit.hpp"

namespace coresweep {

/// Parses argv into what was bound to `app`. Nothing when the program shall go on; otherwise the
/// exit code to leave with: 0 after --help or --version, 2 after one line about what was wrong.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc,
                                                    const char* const* argv);

/// A CLI11 check: the text is a duration as support/duration.hpp reads it, within [least, most].
[[nodiscard]] CLI::Validator duration_between(std::string_view least, std::string_view most);

}  // namespace coresweep
