#include "support/exit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace coresweep {

void print_error(std::string_view program, std::string_view message) {
  std::string line = fmt::format("{}: {}", program, message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  // Not fmt::print, which throws when stderr is a broken pipe.
  std::fputs(line.c_str(), stderr);
}

}  // namespace coresweep
