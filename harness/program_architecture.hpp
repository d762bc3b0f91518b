// For which machine a program is built.
#pragma once

#include <string>

namespace coresweep {

/// As `uname -m` says it: "x86_64", "aarch64"; empty when the file is no program of either.
[[nodiscard]] std::string program_architecture(const std::string& path);

}  // namespace coresweep
