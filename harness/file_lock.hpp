// A file that one process at a time has: for as long as it lives, however it ends.
#pragma once

#include <optional>
#include <string>

#include "support/file_descriptor.hpp"

namespace coresweep {

class FileLock {
 public:
  /// Nothing when another has it. Makes the file when it is not there; throws Failure, naming it,
  /// when it cannot.
  [[nodiscard]] static std::optional<FileLock> try_take(const std::string& path);

 private:
  explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace coresweep
