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
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0) {
      // Output that nobody gets is an error, a word on stderr is not. (It is the lowest free.)
      [[maybe_unused]] const int opened =
          ::open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    }
  }
}

}  // namespace coresweep
