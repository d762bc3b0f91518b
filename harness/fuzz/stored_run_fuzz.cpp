// read_stored_run: the input's first line is run.json, the rest trials.jsonl. Either every line of
// it is taken, but for a torn last one, or the run is refused in one line that names the file.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "harness/failure.hpp"
#include "harness/stored_run.hpp"

namespace {

using namespace coresweep;  // NOLINT: a main file

// Ends the program where a fuzzer sees it: also in builds without assert().
void must_hold(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = std::filesystem::temp_directory_path() / "stored_run_fuzz-XXXXXX";
    must_hold(::mkdtemp(path_.data()) != nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void write(const char* name, std::string_view text) const {
    std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  }

 private:
  std::string path_;
};

std::size_t lines_of(std::string_view text) {
  const auto ended = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return ended + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

void fuzz(std::string_view input) {
  static const TemporaryFolder folder;
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view trials = input.substr(std::min(end + 1, input.size()));
  folder.write("run.json", input.substr(0, end));
  folder.write("trials.jsonl", trials);
  try {
    const StoredRun run = read_stored_run(folder.path());
    must_hold(run.dropped.size() <= 1);
    must_hold(!run.trials.empty() && run.trials.size() + run.dropped.size() <= lines_of(trials));
  } catch (const WrongUsage& error) {
    const std::string_view line = error.what();
    must_hold(line.starts_with(folder.path()) && line.find('\n') == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
