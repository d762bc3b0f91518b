// The run's folder on disk: what is written there survives whatever happens to coresweep next.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

class ResultStore {
 public:
  /// Creates RESULTS/<UTC>-<plan's name>, with a number behind it when another run has that name.
  /// Every function here throws Failure, naming the path.
  ResultStore(const std::string& results, const std::string& plan_file,
              std::chrono::system_clock::time_point started);

  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// run.json appears whole or not at all.
  void write_run(const Json& run);

  /// One line of trials.jsonl, on disk when this returns. A line that does not fit is taken back,
  /// so that the file holds complete trials only.
  void append_trial(const Json& trial);

 private:
  std::string folder_;
  FileDescriptor trials_;
  off_t trials_size_ = 0;
};

/// The plan's file name without folder and ".json", only in letters, digits, '.', '_' and '-'.
[[nodiscard]] std::string plan_name(const std::string& plan_file);

}  // namespace coresweep
