#include "harness/unchanged_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <tuple>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

struct stat look_at(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return file;
}

// Programs are replaced (another file of the same name) or written again.
auto identity_of(const struct stat& file) {
  return std::tuple(file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec,
                    file.st_mtim.tv_nsec);
}

}  // namespace

UnchangedFiles::UnchangedFiles(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    files_[path] = look_at(path);
  }
}

void UnchangedFiles::require() const {
  for (const auto& [path, file] : files_) {
    if (identity_of(look_at(path)) != identity_of(file)) {
      throw Failure(fmt::format("{}: has changed since this sweep began; trials so far are of "
                                "what it was", path));
    }
  }
}

}  // namespace coresweep
