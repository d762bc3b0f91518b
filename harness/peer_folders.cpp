#include "harness/peer_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "harness/failure.hpp"
#include "harness/peer.hpp"
#include "harness/strict_json.hpp"
#include "support/build_info.hpp"

namespace coresweep {
namespace {

namespace fs = std::filesystem;

// Here, or else where coresweep was built.
std::string here_or_there(const std::string& folder) {
  std::error_code none;
  if (fs::path(folder).is_absolute() || fs::exists(folder, none)) {
    return folder;
  }
  const fs::path there = fs::path(build_info().source_dir) / folder;
  return fs::exists(there, none) ? there.lexically_normal().string() : folder;
}

// Empty for a broken one, which is complained of when it is asked for.
std::string name_of(const std::string& folder) {
  try {
    return read_peer(folder).name;
  } catch (const WrongUsage&) {
    return {};
  }
}

std::vector<std::string> names_of(const std::vector<std::string>& folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    names.push_back(name_of(folder));
  }
  std::erase(names, "");
  return names;
}

}  // namespace

std::vector<std::string> peer_folders() {
  const std::string root = here_or_there("servers/peers");
  std::vector<std::string> folders;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().filename() == "peer.json") {
      folders.push_back(entry->path().parent_path());
    }
  }
  if (error) {
    throw WrongUsage(fmt::format("{}: {}: peers are where coresweep was built; allowed is also a "
                                 "folder with a peer.json",
                                 root, error.message()));
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

std::string find_peer_folder(const std::string& word) {
  std::error_code none;
  if (word.find('/') != std::string::npos || fs::exists(word, none)) {
    return here_or_there(word);
  }
  const std::vector<std::string> folders = peer_folders();
  const auto found = std::find_if(folders.begin(), folders.end(), [&word](const auto& folder) {
    return name_of(folder) == word;
  });
  if (found == folders.end()) {
    throw WrongUsage(fmt::format("'{}' is no peer: allowed are {}, or a folder with a peer.json",
                                 word, listed(names_of(folders))));
  }
  return *found;
}

}  // namespace coresweep
