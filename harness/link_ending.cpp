#include "harness/link_ending.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr int kShellCannotRun = 126;
constexpr int kShellCannotFind = 127;
constexpr int kSshFailed = 255;
constexpr std::size_t kLongestEnding = 300;

// Of our own libraries: which package of Debian 12 has it.
constexpr std::pair<const char*, const char*> kPackages[] = {
    {"libhwloc.so.15", "libhwloc15"},         {"libfmt.so.9", "libfmt9"},
    {"liburing.so.2", "liburing2"},           {"libprotobuf.so.32", "libprotobuf32"},
    {"libnghttp2.so.14", "libnghttp2-14"},    {"libz.so.1", "zlib1g"},
    {"libudev.so.1", "libudev1"},             {"libstdc++.so.6", "libstdc++6"},
};

// ssh ends its lines as terminals want them.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char byte : text + "\n") {
    if (byte != '\n' && byte != '\r') {
      line += byte;
    } else if (!line.empty()) {
      lines.push_back(std::exchange(line, {}));
    }
  }
  return lines;
}

// From `from` on, in the last line that has it, without a full stop.
std::string last_with(const std::vector<std::string>& lines, const std::string& from) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (const auto found = line->find(from); found != std::string::npos) {
      std::string rest = line->substr(found);
      rest.erase(rest.ends_with('.') ? rest.size() - 1 : rest.size());
      return shortened_line(rest, kLongestEnding);
    }
  }
  return {};
}

std::string package_of(const std::string& library) {
  for (const auto& [name, package] : kPackages) {
    if (library == name) {
      return package;
    }
  }
  return {};
}

// What the dynamic linker said, when it was what failed.
std::string linker_complaint(const std::vector<std::string>& lines) {
  const std::string missing = "error while loading shared libraries: ";
  if (const std::string said = last_with(lines, missing); !said.empty()) {
    const std::string library =
        said.substr(missing.size(), said.find(':', missing.size()) - missing.size());
    const std::string package = package_of(library);
    return fmt::format("cannot run coresweep: {} is missing there{}{}", library,
                       package.empty() ? "" : ": sudo apt-get install ", package);
  }
  if (const std::string said = last_with(lines, "version `"); !said.empty()) {
    const std::string version = said.substr(9, said.find('\'') - 9);
    return fmt::format("cannot run coresweep: version '{}' not found: build on the older system",
                       version);
  }
  return {};
}

// What ssh itself said, when it got nowhere.
std::string ssh_complaint(const std::vector<std::string>& lines, const std::string& ssh_config) {
  if (const std::string said = last_with(lines, "Permission denied ("); !said.empty()) {
    return fmt::format("{}: IdentityFile in {}", said, ssh_config);
  }
  if (const std::string said = last_with(lines, "Host key verification failed"); !said.empty()) {
    return fmt::format("{}: known_hosts named in {}", said, ssh_config);
  }
  if (const std::string said = last_with(lines, "connect to host "); !said.empty()) {
    return said;
  }
  if (const std::string said = last_with(lines, "Could not resolve hostname"); !said.empty()) {
    return fmt::format("{}: HostName in {}", said, ssh_config);
  }
  return last_with(lines, "not responding").empty() ? "" : "no sign of life for 5 s";
}

std::string known_ending(const LinkEnding& ending, const std::vector<std::string>& lines,
                         const std::string& ssh_config) {
  const int code = ending.exit_code.value_or(0);
  if (code == 1 || code == kShellCannotFind) {
    if (std::string said = linker_complaint(lines); !said.empty()) {
      return said;
    }
  }
  if (code == kShellCannotFind) {
    return fmt::format("has no ~/coresweep/bin/coresweep: deploy: {}", kDeployCommand);
  }
  if (code == kShellCannotRun) {
    const bool is_foreign = !last_with(lines, "Exec format error").empty();
    return fmt::format("cannot run coresweep: {}: deploy: {}",
                       is_foreign ? "Exec format error: it is built for another machine"
                                  : "its file may not be executed",
                       kDeployCommand);
  }
  if (!last_with(lines, "'agent' is no command").empty()) {
    return fmt::format("its coresweep is older and knows no agent: deploy again: {}",
                       kDeployCommand);
  }
  return code == kSshFailed ? ssh_complaint(lines, ssh_config) : std::string();
}

}  // namespace

std::string why_link_ended(const LinkEnding& ending, const std::string& ssh_config) {
  const std::vector<std::string> lines = words_of(ending.errors);
  if (!ssh_config.empty()) {
    if (std::string known = known_ending(ending, lines, ssh_config); !known.empty()) {
      return known;
    }
  }
  return fmt::format("the connection ended: {} {}{}{}", ssh_config.empty() ? "the agent" : "ssh",
                     ending.ending, lines.empty() ? "" : ": ",
                     lines.empty() ? "" : shortened_line(lines.back(), kLongestEnding));
}

}  // namespace coresweep
