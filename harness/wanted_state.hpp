// The state that a host was put into for a sweep (terraform/ansible/tune.yml), held against what it
// is in now.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace coresweep {

/// What is not as the JSON file at `path` wants it, one line each, such as
/// "net.core.somaxconn is 4096: wanted is 65535". Nothing when it is all so, or when there is no
/// such file: then nothing is wanted. One line that names the file when it is not to be read.
/// Files of the kernel are read below `root`.
[[nodiscard]] std::vector<std::string> state_complaints(const std::string& path,
                                                        const std::filesystem::path& root = "/");

}  // namespace coresweep
