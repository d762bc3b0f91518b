#include "harness/network_counters.hpp"

#include <fstream>
#include <sstream>

namespace coresweep {
namespace {

std::string content(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::int64_t> value_of(const std::map<std::string, std::int64_t>& values,
                                     const char* name) {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

Json difference(std::optional<std::int64_t> before, std::optional<std::int64_t> after) {
  return before && after ? Json(*after - *before) : Json();
}

}  // namespace

std::map<std::string, std::int64_t> parse_proc_net(std::string_view text, std::string_view group) {
  std::map<std::string, std::int64_t> values;
  std::istringstream lines{std::string(text)};
  for (std::string names; std::getline(lines, names);) {
    std::string numbers;
    if (!std::getline(lines, numbers) || !names.starts_with(std::string(group) + ":")) {
      continue;
    }
    std::istringstream name_words(names);
    std::istringstream number_words(numbers);
    std::string name;
    std::string number;
    name_words >> name;
    number_words >> number;
    for (std::int64_t value = 0; name_words >> name && number_words >> value;) {
      values[name] = value;
    }
  }
  return values;
}

NetworkCounters read_network_counters() {
  const auto extended = parse_proc_net(content("/proc/net/netstat"), "TcpExt");
  const auto plain = parse_proc_net(content("/proc/net/snmp"), "Tcp");
  return {value_of(extended, "ListenOverflows"), value_of(extended, "ListenDrops"),
          value_of(plain, "RetransSegs")};
}

Json network_between(const NetworkCounters& before, const NetworkCounters& after) {
  return {{"listen_overflows", difference(before.listen_overflows, after.listen_overflows)},
          {"listen_drops", difference(before.listen_drops, after.listen_drops)},
          {"segments_retransmitted",
           difference(before.segments_retransmitted, after.segments_retransmitted)}};
}

}  // namespace coresweep
