#include "harness/wanted_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "harness/failure.hpp"
#include "harness/host_files.hpp"
#include "harness/strict_json.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestState = 1 << 20;
constexpr std::int64_t kStateVersion = 1;
constexpr std::size_t kMostWanted = 4096;  // some for each queue of a network card
constexpr std::size_t kLongestText = 4096;
constexpr std::array<std::string_view, 3> kFolders = {"/proc/sys/", "/proc/irq/", "/sys/"};

struct WantedValue {
  std::string key;
  std::string file;
  std::string value;
};

// Blanks count once; of a choice the kernel has what is chosen in brackets.
std::string compared(const std::string& text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open);
  if (close != std::string::npos) {
    return text.substr(open + 1, close - open - 1);
  }
  std::istringstream words(text);
  std::string all;
  for (std::string word; words >> word;) {
    all += (all.empty() ? "" : " ") + word;
  }
  return all;
}

// Of the kernel, and of no other place by way of "..".
bool is_kernel_file(const std::string& file) {
  const auto is_below = [&file](std::string_view folder) {
    return file.starts_with(folder) && file.size() > folder.size();
  };
  return std::any_of(kFolders.begin(), kFolders.end(), is_below) &&
         std::filesystem::path(file).lexically_normal().native() == file;
}

std::string required_text(const StrictObject& fields, const char* key) {
  if (fields.find(key) == nullptr) {
    fields.refuse_missing(key, "a text");
  }
  return fields.line_of_text(key, kLongestText);
}

std::vector<WantedValue> read_wanted(const std::string& path) {
  const StrictDocument document = parse_strict_json(read_text_file(path, kLargestState), path);
  const StrictObject fields(document, {"schema_version", "wanted"});
  if (fields.whole_number("schema_version", 0, kStateVersion, kStateVersion) != kStateVersion) {
    fields.refuse_missing("schema_version", fmt::format("{}", kStateVersion));
  }
  const Json* rows = fields.find("wanted");
  if (rows == nullptr) {
    fields.refuse_missing("wanted", "a list");
  }
  if (!rows->is_array() || rows->size() > kMostWanted) {
    fields.refuse("wanted", *rows, fmt::format("a list of at most {}", kMostWanted));
  }
  std::vector<WantedValue> wanted;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::string place = fmt::format("wanted[{}]", i);
    if (!(*rows)[i].is_object()) {
      fields.refuse(place, (*rows)[i], "an object of key, file and value");
    }
    const StrictObject row((*rows)[i], path, place, {"key", "file", "value"});
    WantedValue& value = wanted.emplace_back();
    value.key = required_text(row, "key");
    value.file = required_text(row, "file");
    value.value = required_text(row, "value");
    if (!is_kernel_file(value.file)) {
      row.refuse("file", Json(value.file), "one below /proc/sys, /proc/irq or /sys");
    }
  }
  return wanted;
}

}  // namespace

std::vector<std::string> state_complaints(const std::string& path,
                                          const std::filesystem::path& root) {
  std::error_code error;
  if (std::filesystem::symlink_status(path, error).type() ==
      std::filesystem::file_type::not_found) {
    return {};
  }
  std::vector<std::string> complaints;
  try {
    for (const WantedValue& wanted : read_wanted(path)) {
      const HostText actual = read_host_text(root, wanted.file);
      if (!actual.text) {
        complaints.push_back(
            fmt::format("{}: {}: wanted is {}", wanted.key, actual.why, wanted.value));
      } else if (compared(*actual.text) != compared(wanted.value)) {
        complaints.push_back(fmt::format("{} is {}: wanted is {}", wanted.key,
                                         compared(*actual.text), wanted.value));
      }
    }
  } catch (const WrongUsage& wrong) {
    return {wrong.what()};
  }
  return complaints;
}

}  // namespace coresweep
