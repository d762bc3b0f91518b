#include "harness/peer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <set>

#include "harness/failure.hpp"
#include "harness/program_in_path.hpp"
#include "support/build_info.hpp"
#include "support/checksum.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

// The next {word} of `text` from `from` on: its first and last brace. Other braces are the peer's.
std::optional<std::pair<std::size_t, std::size_t>> next_placeholder(const std::string& text,
                                                                    std::size_t from) {
  for (auto open = text.find('{', from); open != std::string::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", open + 1);
    if (close != std::string::npos && close > open + 1 && text[close] == '}') {
      return std::pair(open, close);
    }
  }
  return std::nullopt;
}

constexpr std::size_t kMostSourceFiles = 500;

std::filesystem::path in_folder(const Peer& peer, const std::string& path) {
  return std::filesystem::absolute(std::filesystem::path(peer.folder) / path).lexically_normal();
}

// Whether it comes with coresweep.
bool is_ours(const std::filesystem::path& source) {
  std::error_code none;
  const auto root = std::filesystem::weakly_canonical(
      std::filesystem::path(build_info().source_dir) / "servers/peers", none);
  const auto relative = source.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

// Those of one of its sources, a file or a folder.
void add_files_of(const std::string& source, const Peer& peer, std::set<std::string>& files) {
  const std::filesystem::path path = in_folder(peer, source);
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    files.insert(path);
    return;
  }
  auto entry = std::filesystem::recursive_directory_iterator(path, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code none;
    const std::string name = entry->path().filename();
    if (name.starts_with('.') && name != ".cargo") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file(none)) {
      files.insert(entry->path());
    }
    if (files.size() > kMostSourceFiles) {
      throw Failure(fmt::format("source {}: more than {} files: allowed are those that it is built "
                                "of", source, kMostSourceFiles));
    }
  }
  if (error) {
    throw Failure(fmt::format("source {}: {}", source, error.message()));
  }
}

// Each that its start command names by a path, by that name.
std::map<std::string, std::string> files_of_start(const Peer& peer, const std::string& coresweep) {
  std::map<std::string, std::string> files;
  Placeholders values = folders_of(peer, coresweep);
  for (const std::string& name : start_placeholders()) {
    values.try_emplace(name);  // an address is no part of a file's name
  }
  const std::vector<std::string> words = filled_in(peer.start, values);
  for (std::size_t i = 0; i < words.size(); ++i) {
    // A program's name without a folder is looked up in PATH, where it is the system's.
    const bool is_looked_up = i == 0 && words[i].find('/') == std::string::npos;
    const auto path = std::filesystem::absolute(std::filesystem::path(peer.folder) / words[i]);
    std::error_code none;
    if (!is_looked_up && std::filesystem::is_regular_file(path, none)) {
      files.try_emplace(peer.start[i], path);
    }
  }
  return files;
}

}  // namespace

const std::vector<std::string>& build_placeholders() {
  static const std::vector<std::string> names{"out", "bin", "folder"};
  return names;
}

const std::vector<std::string>& start_placeholders() {
  static const std::vector<std::string> names{"listen", "address", "port", "threads",
                                              "cpus",   "out",     "bin",  "folder"};
  return names;
}

std::string unknown_placeholder(const std::string& text, const std::vector<std::string>& known) {
  for (auto found = next_placeholder(text, 0); found;
       found = next_placeholder(text, found->second)) {
    const std::string name = text.substr(found->first + 1, found->second - found->first - 1);
    if (!contains(known, name)) {
      return name;
    }
  }
  return {};
}

std::vector<std::string> filled_in(const std::vector<std::string>& command,
                                   const Placeholders& values) {
  std::vector<std::string> words;
  for (const std::string& text : command) {
    std::string word;
    std::size_t from = 0;
    for (auto found = next_placeholder(text, 0); found; found = next_placeholder(text, from)) {
      const auto [open, close] = *found;
      word += text.substr(from, open - from);
      word += values.at(text.substr(open + 1, close - open - 1));
      from = close + 1;
    }
    words.push_back(word + text.substr(from));
  }
  return words;
}

std::string build_folder(const Peer& peer, const std::string& coresweep) {
  const auto peers = std::filesystem::path(coresweep).parent_path().parent_path() / "peers";
  std::error_code none;
  const auto source =
      std::filesystem::weakly_canonical(in_folder(peer, peer.sources.front()), none);
  if (is_ours(source)) {
    return peers / peer.implementation;
  }
  Checksum place;
  place.add((source.has_filename() ? source : source.parent_path()).native());  // "x/" is "x"
  return peers / fmt::format("{}-{}", peer.implementation, place.text());
}

Placeholders folders_of(const Peer& peer, const std::string& coresweep) {
  return {{"out", build_folder(peer, coresweep)},
          {"bin", std::filesystem::path(coresweep).parent_path()},
          {"folder", std::filesystem::absolute(peer.folder).lexically_normal()}};
}

std::vector<std::string> source_files(const Peer& peer) {
  std::set<std::string> files;
  for (const std::string& source : peer.sources) {
    add_files_of(source, peer, files);
  }
  return {files.begin(), files.end()};
}

std::map<std::string, std::string> files_of(const Peer& peer, const std::string& coresweep) {
  std::map<std::string, std::string> files = files_of_start(peer, coresweep);
  files.emplace("peer.json", in_folder(peer, "peer.json"));
  const auto first = in_folder(peer, peer.sources.front());
  for (const std::string& path : source_files(peer)) {
    const auto is_it = [&path](const auto& file) { return file.second == path; };
    if (std::none_of(files.begin(), files.end(), is_it)) {
      files.try_emplace(std::filesystem::path(path).lexically_relative(first), path);
    }
  }
  return files;
}

std::vector<std::string> files_started(const Peer& peer, const std::string& coresweep) {
  std::vector<std::string> files;
  for (const auto& [name, path] :
       peer.build.empty() ? files_of(peer, coresweep) : files_of_start(peer, coresweep)) {
    files.push_back(path);
  }
  return files;
}

std::string cannot_start(const Peer& peer, const std::string& coresweep) {
  Placeholders values = folders_of(peer, coresweep);
  for (const std::string& name : start_placeholders()) {
    values.try_emplace(name);
  }
  const std::string program = filled_in({peer.start.front()}, values).front();
  if (program.find('/') == std::string::npos) {
    return program_in_path(program).empty()
               ? fmt::format("cannot start {}: it is in no folder of PATH", program)
               : std::string();
  }
  const auto path = std::filesystem::absolute(std::filesystem::path(peer.folder) / program);
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {  // which access() calls executable, too
    return fmt::format("cannot start {}: is a folder", program);
  }
  return ::access(path.c_str(), X_OK) == 0
             ? std::string()
             : fmt::format("cannot start {}: {}", program, std::strerror(errno));
}

std::string cannot_read(const Peer& peer, const std::string& coresweep) {
  try {
    for (const auto& [name, path] : files_of(peer, coresweep)) {
      if (::access(path.c_str(), R_OK) != 0) {
        return fmt::format("{}: {}", path, std::strerror(errno));
      }
    }
  } catch (const Failure& failure) {
    return failure.what();
  }
  return {};
}

}  // namespace coresweep
