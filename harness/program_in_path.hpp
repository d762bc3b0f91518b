// Where a program that is named without a folder would be found.
#pragma once

#include <string>

namespace coresweep {

/// In the folders of PATH, as the shell would; empty when it is in none of them.
[[nodiscard]] std::string program_in_path(const std::string& name);

}  // namespace coresweep
