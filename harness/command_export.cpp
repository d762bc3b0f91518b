#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "harness/commands.hpp"
#include "harness/failure.hpp"
#include "harness/run_export.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

constexpr const char* kCsv = "csv";
constexpr const char* kGoogleBenchmark = "google-benchmark";

struct ExportOptions {
  std::string run;
  std::string format;
  std::optional<std::string> output;  ///< else standard output
};

[[noreturn]] void fail_to_write(const std::string& path, int error) {
  throw Failure(fmt::format("{}: {} (--output)", path, std::strerror(error)));
}

// A file that is there as a whole or, where anything goes wrong, as it was.
class WholeFile {
 public:
  explicit WholeFile(std::string path)
      : path_(std::move(path)), unfinished_(fmt::format("{}.{}.tmp", path_, ::getpid())) {
    struct stat status{};
    if (::lstat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw WrongUsage(fmt::format("{}: is no regular file: allowed are one and a new name "
                                   "(--output)",
                                   path_));
    }
    const int fd = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
      fail_to_write(unfinished_, errno);
    }
    file_ = ::fdopen(fd, "w");
  }
  ~WholeFile() {
    if (file_ != nullptr) {
      std::fclose(file_);
      ::unlink(unfinished_.c_str());
    }
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  void write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
      fail_to_write(path_, errno);
    }
  }

  void finish() {
    if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0 ||
        std::rename(unfinished_.c_str(), path_.c_str()) != 0) {
      fail_to_write(path_, errno);
    }
    std::fclose(file_);
    file_ = nullptr;
  }

 private:
  std::string path_;
  std::string unfinished_;
  std::FILE* file_ = nullptr;
};

void require_another_file(const std::string& run, const std::string& output) {
  if (output.empty()) {
    throw WrongUsage("--output is empty: allowed is the path of a file");
  }
  std::error_code is_no_file;
  for (const char* name : {"run.json", "trials.jsonl", "traces.jsonl", "end.json"}) {
    if (std::filesystem::equivalent(output, run + "/" + name, is_no_file)) {
      throw WrongUsage(fmt::format("{}: is a file of the run itself (--output)", output));
    }
  }
}

void write_run(const StoredRun& run, const std::string& format, const Write& write) {
  if (format == kCsv) {
    write_csv(run, write);
    return;
  }
  const LeftOut left_out = write_google_benchmark(run, write);
  std::vector<std::string> reasons;
  for (const auto& [why, count] : left_out) {
    reasons.push_back(fmt::format("{} {}", count, why));
  }
  if (!reasons.empty()) {
    print_error("coresweep", fmt::format("trials left out: {}", fmt::join(reasons, ", ")));
  }
}

int export_run(const ExportOptions& options) {
  if (options.output) {
    require_another_file(options.run, *options.output);
  }
  const StoredRun run = read_run_figures(options.run);
  for (const std::string& where : run.dropped) {
    print_error("coresweep", where + ": torn last line dropped");
  }
  if (!options.output) {
    write_run(run, options.format, [](std::string_view text) {
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        throw Failure(fmt::format("standard output: {}", std::strerror(errno)));
      }
    });
    return kExitDone;
  }
  WholeFile file(*options.output);
  write_run(run, options.format, [&file](std::string_view text) { file.write(text); });
  file.finish();
  return kExitDone;
}

}  // namespace

CarryOut add_export_command(CLI::App& app, const std::vector<std::string>& /*words*/) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command =
      app.add_subcommand("export", "write a stored run as other programs read it");
  command->add_option("RUN", options->run, "the run's folder, such as results/local/NAME")
      ->required();
  command
      ->add_option("--format", options->format,
                   "csv: a row a trial; google-benchmark: what its compare.py reads")
      ->required()
      ->check(one_of({kCsv, kGoogleBenchmark}));
  command->add_option("--output", options->output,
                      "file to write, or to replace; standard output unless given");
  return [options] { return export_run(*options); };
}

}  // namespace coresweep
