#include "support/exit.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace coresweep {

void print_error(std::string_view program, std::string_view message) {
  std::string line = fmt::format("{}: {}", program, message);
  // What a peer or a child said may stand in it: no byte of theirs moves a cursor or ends the line.
  std::replace_if(
      line.begin(), line.end(),
      [](char byte) { return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f'; }, ' ');
  line += '\n';
  // Not fmt::print, which throws when stderr is a broken pipe.
  std::fputs(line.c_str(), stderr);
}

int exit_after_output(std::string_view program, int exit_code) {
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) {
    return exit_code;
  }
  const char* const reason = flushed ? "an earlier write failed" : std::strerror(errno);
  print_error(program, fmt::format("standard output: {}", reason));
  return exit_code == kExitDone ? kExitFailed : exit_code;
}

void keep_standard_descriptors_taken() {
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) {
    // Not to be written to: output that nobody gets is an error.
    descriptor = ::open("/dev/null", O_RDONLY);
  }
  ::close(descriptor);
}

}  // namespace coresweep
