#include "harness/drawing.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/run_to_end.hpp"
#include "harness/wording.hpp"
#include "support/build_info.hpp"
#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kMostShortfalls = 100;

/// A document for a program to read, in a file that is gone with this object: it may be large, and
/// a pipe would hold 64 KB.
class HandedDocument {
 public:
  explicit HandedDocument(const Json& document) {
    std::error_code none;
    const auto folder = std::filesystem::temp_directory_path(none);
    path_ = ((none ? std::filesystem::path("/tmp") : folder) / "coresweep-XXXXXX").string();
    const FileDescriptor file(::mkstemp(path_.data()));
    if (!file.is_open() || !write_json_line(file.get(), document)) {
      const int error = errno;
      remove();
      throw Failure(fmt::format("{}: {}", path_, std::strerror(error)));
    }
  }
  ~HandedDocument() { remove(); }
  HandedDocument(const HandedDocument&) = delete;
  HandedDocument& operator=(const HandedDocument&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() const { ::unlink(path_.c_str()); }

  std::string path_;
};

void add_flag(std::vector<std::string>& command, const char* flag,
              const std::optional<std::string>& value) {
  if (value) {
    command.push_back(fmt::format("{}={}", flag, *value));
  }
}

// A folder that begins with a dash is no flag.
std::string as_path(const std::string& folder) {
  return folder.starts_with('-') ? "./" + folder : folder;
}

Drawn run_drawing(const std::vector<std::string>& command, std::chrono::seconds most,
                  const StopSignals& signals) {
  const std::string& python = command[0];
  const std::string& script = command[1];
  Drawn drawn;
  CommandOptions options;
  options.on_error_line = [&drawn](const std::string& line) {
    if (drawn.shortfalls.size() < kMostShortfalls) {
      drawn.shortfalls.push_back(line);
    }
  };
  const CommandResult result = run_to_end(command, signals, most, options);
  std::error_code none;
  const auto is_file = [&none](const std::string& line) {
    return std::filesystem::is_regular_file(line, none);
  };
  const bool is_written = !result.lines.empty() && is_file(result.lines.back());
  // It names its page last: one that fails then has written it, and could not make all of it.
  if (!result.ending.empty() && !(result.has_exited && is_written)) {
    drawn.complaint = fmt::format("{} {}", script, result.ending);
    // Its last words are why only where it ended itself.
    if (result.has_exited && !result.last_error_line.empty()) {
      drawn.complaint = result.last_error_line;
      if (!drawn.shortfalls.empty() && drawn.shortfalls.back() == drawn.complaint) {
        drawn.shortfalls.pop_back();
      }
    }
    return drawn;
  }
  if (!is_written) {
    drawn.complaint = fmt::format("{} ended well and wrote none (--python)", python);
    return drawn;
  }
  drawn.exit_code = result.ending.empty() ? kExitDone : kExitFailed;
  drawn.report = result.lines.back();
  drawn.lines = result.lines;
  std::erase_if(drawn.lines, is_file);
  return drawn;
}

Drawn not_drawn(const Failure& failure) {
  Drawn drawn;
  drawn.complaint = failure.what();
  return drawn;
}

std::string script_path(const char* name) {
  return fmt::format("{}/plots/{}", build_info().source_dir, name);
}

}  // namespace

void print_shortfalls(const Drawn& drawn) {
  for (const std::string& line : drawn.shortfalls) {
    fmt::print(stderr, "{}\n", printable_line(line));
  }
}

Drawn draw_report(const std::string& folder, const std::vector<std::string>& why,
                  const DrawOptions& options, const StopSignals& signals) {
  try {
    const HandedDocument handed(Json{{"why", why}});
    std::vector<std::string> command{options.python, script_path("report.py"), as_path(folder),
                                     "--why", handed.path()};
    add_flag(command, "--output", options.output);
    add_flag(command, "--price-from", options.price_from);
    add_flag(command, "--price-per-hour", options.price_per_hour);
    add_flag(command, "--rate", options.rate);
    return run_drawing(command, options.most, signals);
  } catch (const Failure& failure) {
    return not_drawn(failure);
  }
}

Drawn draw_comparison(const std::string& a, const std::string& b,
                      const Json& compared, const DrawOptions& options,
                      const StopSignals& signals) {
  try {
    const HandedDocument handed(compared);
    std::vector<std::string> command{options.python, script_path("compare_report.py"), as_path(a),
                                     as_path(b), "--compared", handed.path()};
    add_flag(command, "--output", options.output);
    return run_drawing(command, options.most, signals);
  } catch (const Failure& failure) {
    return not_drawn(failure);
  }
}

}  // namespace coresweep
