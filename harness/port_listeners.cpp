#include "harness/port_listeners.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/process_group.hpp"

namespace coresweep {
namespace {

constexpr std::string_view kListening = "0A";

// As the kernel prints addresses: each 32-bit word in this machine's own order of bytes.
std::string printed(const void* address, std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, static_cast<const char*>(address) + i * sizeof(word), sizeof(word));
    text += fmt::format("{:08X}", word);
  }
  return text;
}

// Every way in which /proc/net/tcp and tcp6 print an address that takes what goes to `address`.
std::set<std::string> addresses_that_take(const std::string& address) {
  std::set<std::string> taken;
  in6_addr six{};
  in_addr four{};
  taken.insert(printed(&in6addr_any, 4));
  if (::inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    taken.insert(printed(&six, 4));
  } else if (::inet_pton(AF_INET, address.c_str(), &four) == 1) {
    const in_addr any{INADDR_ANY};
    taken.insert(printed(&any, 1));
    taken.insert(printed(&four, 1));
    static_cast<void>(::inet_pton(AF_INET6, ("::ffff:" + address).c_str(), &six));
    taken.insert(printed(&six, 4));
  }
  return taken;
}

std::set<std::uint64_t> sockets_of(pid_t pid) {
  constexpr std::string_view kSocket = "socket:[";
  std::set<std::uint64_t> inodes;
  std::error_code error;  // it may end while it is looked at
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    std::uint64_t inode = 0;
    if (target.starts_with(kSocket)) {
      std::from_chars(target.data() + kSocket.size(), target.data() + target.size(), inode);
      inodes.insert(inode);
    }
  }
  return inodes;
}

}  // namespace

std::set<std::uint64_t> parse_listeners(std::string_view text, const Endpoint& endpoint) {
  const auto addresses = addresses_that_take(endpoint.address);
  const std::string port = fmt::format("{:04X}", endpoint.port);
  std::set<std::uint64_t> inodes;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    // "sl: local remote st tx:rx tr:when retrnsmt uid timeout inode ..."
    std::istringstream words(line);
    std::array<std::string, 10> fields;
    for (std::string& field : fields) {
      words >> field;
    }
    const auto colon = fields[1].find(':');
    if (fields[3] != kListening || colon == std::string::npos ||
        fields[1].substr(colon + 1) != port || addresses.count(fields[1].substr(0, colon)) == 0) {
      continue;
    }
    std::uint64_t inode = 0;
    std::from_chars(fields[9].data(), fields[9].data() + fields[9].size(), inode);
    inodes.insert(inode);
  }
  return inodes;
}

std::set<std::uint64_t> listeners_at(const Endpoint& endpoint) {
  std::set<std::uint64_t> inodes;
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    inodes.merge(parse_listeners(text.str(), endpoint));
  }
  return inodes;
}

std::set<std::uint64_t> sockets_of_group(pid_t group) {
  std::set<std::uint64_t> inodes;
  for (const pid_t pid : processes_of_group(group)) {
    inodes.merge(sockets_of(pid));
  }
  return inodes;
}

std::string holder_outside(pid_t group, const std::set<std::uint64_t>& sockets) {
  for (const pid_t pid : all_processes()) {
    if (pid == ::getpid() || ::getpgid(pid) == group) {
      continue;
    }
    const auto own = sockets_of(pid);
    if (std::ranges::any_of(own, [&sockets](auto inode) { return sockets.contains(inode); })) {
      return named_process(pid);
    }
  }
  return {};
}

}  // namespace coresweep
