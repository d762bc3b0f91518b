// How every program of ours ends: its exit code, and the one line that says why.
#pragma once

#include <string_view>

namespace coresweep {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUsage = 2;

/// Prints "PROGRAM: MESSAGE" as one line on stderr: newlines in `message` become spaces. Nobody may
/// be reading there any more, which is no reason to end otherwise.
void print_error(std::string_view program, std::string_view message);

/// Opens /dev/null as those of stdin, stdout and stderr that are closed. A socket or pipe of ours
/// that got such a number would be taken for it; and a closed stdin then ends at once, as it
/// should.
void keep_standard_descriptors_taken();

}  // namespace coresweep
