#include "harness/plan_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "harness/failure.hpp"
#include "harness/strict_json.hpp"
#include "support/build_info.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

constexpr const char* kPlanEnding = ".json";
constexpr std::size_t kLargestPlan = 1 << 20;

// As short as it can be said from here.
std::string plans_folder() {
  const std::filesystem::path folder =
      std::filesystem::path(build_info().source_dir) / "harness" / "plans";
  std::error_code none;
  const auto here = std::filesystem::current_path(none);
  const auto relative = folder.lexically_relative(here);
  return none || relative.empty() || *relative.begin() == ".." ? folder : relative;
}

}  // namespace

std::string read_plan_file(const std::string& file) { return read_text_file(file, kLargestPlan); }

std::vector<std::string> plan_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kPlanEnding) {
      names.push_back(entry->path().stem());
    }
  }
  if (error) {
    throw WrongUsage(
        fmt::format("{}: {}: plans are named where coresweep was built; allowed is also a file, "
                    "such as ./bench.json",
                    folder, error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string find_plan(const std::string& word) {
  if (word.find('/') != std::string::npos || word.ends_with(kPlanEnding)) {
    return word;
  }
  const std::string folder = plans_folder();
  const std::vector<std::string> names = plan_names(folder);
  // Looked for among those there are, and never made a path of: it may be anything.
  if (!contains(names, word)) {
    throw WrongUsage(fmt::format("'{}' is no plan: allowed are {}, or a file, such as ./bench.json",
                                 word, listed(names)));
  }
  return std::filesystem::path(folder) / (word + kPlanEnding);
}

}  // namespace coresweep
