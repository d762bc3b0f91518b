#include "harness/peer_needs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "harness/failure.hpp"
#include "harness/peer_build.hpp"
#include "harness/program_in_path.hpp"
#include "harness/run_to_end.hpp"
#include "harness/wording.hpp"
#include "support/build_info.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::seconds kMostForAVersion{20};  // rustup's cargo may look for a toolchain
constexpr const char* kDigits = "0123456789";

// The numbers of a version; one that is too large to be one is the largest.
std::vector<unsigned> numbers_of(std::string_view version) {
  std::vector<unsigned> numbers;
  while (!version.empty()) {
    const auto end = std::min(version.find('.'), version.size());
    unsigned number = 0;
    const auto [past, error] = std::from_chars(version.data(), version.data() + end, number);
    numbers.push_back(error == std::errc::result_out_of_range ? ~0U : number);
    version.remove_prefix(std::min(end + 1, version.size()));
  }
  return numbers;
}

// `path` of which a first folder "$NAME" is that environment variable's: where a package is
// unpacked, not installed. Not told, it is where `make` unpacks them, if it did.
std::string unpacked(const std::string& path) {
  const auto end = path.find('/');
  if (!path.starts_with('$') || end == std::string::npos) {
    return path;
  }
  const std::string below = path.substr(end);
  if (const char* root = std::getenv(path.substr(1, end - 1).c_str())) {
    return root + below;
  }
  const std::string made = std::string(build_info().source_dir) + "/build/packages" + below;
  return ::access(below.c_str(), R_OK) != 0 && ::access(made.c_str(), R_OK) == 0 ? made : below;
}

std::string lacking(const PeerNeed& need, const std::string& what) {
  return fmt::format("{}: get it by {}", what, need.get);
}

struct ToldVersion {
  std::string version;  // empty: none
  std::string why;      // then
};

// Asked in a folder where no file can ask for another one of its kind.
ToldVersion ask_for_version(const PeerNeed& need, const StopSignals& signals) {
  std::vector<std::string> command{unpacked(need.program)};
  command.insert(command.end(), need.version.begin(), need.version.end());
  std::string version;
  // Each line alone, and none once it is found: there may be any number of them.
  const auto look_in = [&version](const std::string& line) {
    version = version.empty() ? version_in(line) : version;
  };
  CommandOptions options;
  options.folder = "/";
  options.on_error_line = look_in;  // some say it there
  try {
    const CommandResult result = run_to_end(command, signals, kMostForAVersion, options);
    std::for_each(result.lines.begin(), result.lines.end(), look_in);
    const std::string why = result.ending.empty() ? "said no version" : result.ending;
    return {result.ending.empty() ? version : "",
            fmt::format("{}: {}", fmt::join(command, " "), why)};
  } catch (const Failure& failure) {
    return {"", failure.what()};
  }
}

std::string missing_program(const PeerNeed& need, const StopSignals& signals) {
  const std::string wanted =
      need.least.empty() ? need.what : fmt::format("{} {} or newer", need.what, need.least);
  const bool is_path = need.program.find('/') != std::string::npos;
  if (is_path ? ::access(unpacked(need.program).c_str(), X_OK) != 0
              : program_in_path(need.program).empty()) {
    return lacking(need, fmt::format("{} is needed and not there", wanted));
  }
  if (need.least.empty()) {
    return {};
  }
  const auto [version, why] = ask_for_version(need, signals);
  if (version.empty()) {
    return lacking(need, fmt::format("{} is needed ({})", wanted, why));
  }
  return is_below(version, need.least)
             ? lacking(need, fmt::format("{} is needed, {} is there", wanted, version))
             : std::string();
}

std::string missing_memory(const PeerNeed& need) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= need.locked_memory) {
    return {};
  }
  return lacking(need, fmt::format("{} KiB of locked memory are needed, {} KiB are allowed",
                                   need.locked_memory / 1024, limit.rlim_cur / 1024));
}

std::string missing_file(const PeerNeed& need) {
  const std::string file = unpacked(need.file);
  return ::access(file.c_str(), R_OK) == 0
             ? std::string()
             : lacking(need, fmt::format("{} is needed and not there", file));
}

std::string missing_need(const PeerNeed& need, const StopSignals& signals) {
  if (!need.program.empty()) {
    return missing_program(need, signals);
  }
  return need.file.empty() ? missing_memory(need) : missing_file(need);
}

}  // namespace

std::string version_in(std::string_view text) {
  for (auto begin = text.find_first_of(kDigits); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_not_of("0123456789.", begin), text.size());
    std::string_view version = text.substr(begin, end - begin);
    version = version.substr(0, version.find_last_of(kDigits) + 1);
    if (version.find('.') != std::string_view::npos) {
      return std::string(version);
    }
    begin = text.find_first_of(kDigits, end);
  }
  return {};
}

bool is_below(std::string_view version, std::string_view least) {
  std::vector<unsigned> one = numbers_of(version);
  std::vector<unsigned> other = numbers_of(least);
  const std::size_t size = std::max(one.size(), other.size());
  one.resize(size);
  other.resize(size);
  return one < other;
}

std::map<std::string, std::string> files_needed(const Peer& peer) {
  std::map<std::string, std::string> files;
  for (const PeerNeed& need : peer.needs) {
    const std::string& word = need.program.empty() ? need.file : need.program;
    const std::string path = word.find('/') == std::string::npos ? program_in_path(word)
                                                                 : unpacked(word);
    if (!need.is_to_build && !word.empty() && !path.empty() && ::access(path.c_str(), R_OK) == 0) {
      files[word] = path;
    }
  }
  return files;
}

std::map<std::string, std::string> versions_of(const Peer& peer, const StopSignals& signals) {
  std::map<std::string, std::string> versions;
  for (const PeerNeed& need : peer.needs) {
    if (!need.least.empty()) {
      versions[need.what] = ask_for_version(need, signals).version;
      std::erase_if(versions, [](const auto& told) { return told.second.empty(); });
    }
  }
  return versions;
}

std::vector<std::string> missing_of(const Peer& peer, const std::string& coresweep,
                                    const StopSignals& signals) {
  const bool is_done = is_built(peer, coresweep, signals);
  std::vector<std::string> missing;
  for (const PeerNeed& need : peer.needs) {
    const std::string what =
        need.is_to_build && is_done ? std::string() : missing_need(need, signals);
    if (!what.empty()) {
      missing.push_back(what);
    }
  }
  return missing;
}

bool lacks_tools(const Peer& peer, const StopSignals& signals) {
  return std::any_of(peer.needs.begin(), peer.needs.end(), [&signals](const PeerNeed& need) {
    return need.is_to_build && !missing_need(need, signals).empty();
  });
}

void leave_out_lacking(std::vector<Peer>& peers, const std::string& coresweep,
                       const StopSignals& signals) {
  for (Peer& peer : peers) {
    if (peer.left_out.empty()) {
      peer.left_out = printable_line(
          fmt::format("{}", fmt::join(missing_of(peer, coresweep, signals), "; ")));
    }
  }
}

}  // namespace coresweep
