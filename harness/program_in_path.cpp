#include "harness/program_in_path.hpp"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace coresweep {

std::string program_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/" + name;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return {};
}

}  // namespace coresweep
