#include "harness/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "harness/failure.hpp"

namespace coresweep {

std::optional<FileLock> FileLock::try_take(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    return FileLock(std::move(file));
  }
  if (errno != EWOULDBLOCK) {
    throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return std::nullopt;
}

}  // namespace coresweep
