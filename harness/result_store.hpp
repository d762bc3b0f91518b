// The run's folder on disk: what is written there survives whatever happens to coresweep next.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

class ResultStore {
 public:
  /// Takes up a run that was stopped, for as long as this lives: nobody else may then. A last line
  /// that was torn is cut off.
  explicit ResultStore(const std::string& folder);

  /// Creates RESULTS/<UTC>-<plan's name>, with a number behind it when another run has that name.
  /// Every function here throws Failure, naming the path.
  ResultStore(const std::string& results, const std::string& plan_file,
              std::chrono::system_clock::time_point started);

  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// Of the files whose torn last line was cut off, each with its line.
  [[nodiscard]] const std::vector<std::string>& dropped() const { return dropped_; }

  /// run.json appears whole or not at all.
  void write_run(const Json& run);

  /// end.json, likewise: the sweep is complete.
  void write_end(const Json& end);
  [[nodiscard]] bool has_end() const;

  /// One line of trials.jsonl, on disk when this returns. A line that does not fit is taken back,
  /// so that the file holds complete trials only.
  void append_trial(const Json& trial);

  /// One line of traces.jsonl, likewise; the file appears with the first.
  void append_trace(const Json& trace);

 private:
  /// A file of JSON lines that only grows.
  struct Lines {
    FileDescriptor file;
    off_t size = 0;
  };

  void write_whole(const std::string& path, const Json& value) const;
  static void append(Lines& lines, const std::string& path, const Json& value);
  void take_up(Lines& lines, const std::string& path);

  std::string folder_;
  std::vector<std::string> dropped_;
  Lines trials_;
  Lines traces_;
};

/// Makes that folder unless it is there. Throws WrongUsage when it has no name, and Failure when no
/// run can be written to it.
void require_writable(const std::string& results);

/// The plan's file name without folder and ".json", only in letters, digits, '.', '_' and '-'.
[[nodiscard]] std::string plan_name(const std::string& plan_file);

}  // namespace coresweep
