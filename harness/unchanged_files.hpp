// Files that have to stay what they were: nobody asks twice what is in them.
#pragma once

#include <sys/stat.h>

#include <map>
#include <string>
#include <vector>

namespace coresweep {

/// Looks at who they are and when they were written, not into them: a few microseconds a file.
class UnchangedFiles {
 public:
  /// `paths` as they are now. Throws Failure for one that is not there.
  explicit UnchangedFiles(const std::vector<std::string>& paths);

  /// Throws Failure, naming the first that was written to, replaced or removed since.
  void require() const;

 private:
  std::map<std::string, struct stat> files_;
};

}  // namespace coresweep
