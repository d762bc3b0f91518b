// How every program of ours ends: its exit code, and the one line that says why.
#pragma once

#include <string_view>

namespace coresweep {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUsage = 2;
inline constexpr int kExitCannotListen = 3;  ///< greeter: the address is taken, or not ours

/// Prints "PROGRAM: MESSAGE" as one line on stderr: newlines in `message` become spaces. Nobody may
/// be reading there any more, which is no reason to end otherwise.
void print_error(std::string_view program, std::string_view message);

/// `exit_code`, once all that was printed on stdout has been delivered. Where it cannot be (a full
/// disk, a reader that left) that is printed as an error, and the result is kExitFailed.
[[nodiscard]] int exit_after_output(std::string_view program, int exit_code);

/// Opens /dev/null as those of stdin, stdout and stderr that are closed. A socket or pipe of ours
/// that got such a number would be taken for it; and a closed stdin then ends at once, as it
/// should.
void keep_standard_descriptors_taken();

}  // namespace coresweep
