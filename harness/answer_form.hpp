// An answer of coresweep, for people or for programs.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

enum class AnswerForm { kText, kJson };

/// Adds --json to `command`; what it points to is right once the command line is read.
[[nodiscard]] std::shared_ptr<AnswerForm> add_json_flag(CLI::App& command);

/// Prints `lines`, or `record` as one line, on stdout. Bytes in the record that are no UTF-8 (a
/// process may be called anything) become U+FFFD.
void print_in_form(AnswerForm form, const Json& record, const std::vector<std::string>& lines);

}  // namespace coresweep
