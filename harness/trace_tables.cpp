#include "harness/trace_tables.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

namespace coresweep {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty()
             ? std::optional(value)
             : std::nullopt;
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

template <typename Take>
void each_line(std::string_view text, const Take& take) {
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    take(line);
  }
}

// The way into a lock, which is the same for all: what is sought is who took it.
bool is_lock_function(std::string_view symbol) {
  constexpr std::array<std::string_view, 17> kBeginnings{
      "queued_", "__pv_queued_", "native_queued_", "_raw_spin_", "_raw_read_",  "_raw_write_",
      "__raw_",  "mutex_lock",   "__mutex_",       "ww_mutex_",  "rwsem_",      "down_",
      "__down_", "rt_",          "rtlock_",        "do_raw_",    "percpu_down_"};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [symbol](std::string_view beginning) {
    return symbol.starts_with(beginning);
  });
}

constexpr const char* kUnknown = "[unknown]";

// GCC's ".constprop.0" and the like are no part of a function's name, and neither is an offset.
std::string function_of(std::string_view symbol) {
  return std::string(symbol.substr(0, symbol.find_first_of(".+")));
}

}  // namespace

CountTable parse_strace_summary(std::string_view text) {
  CountTable table;
  each_line(text, [&table](const std::string& line) {
    // % time, seconds, usecs/call, calls, errors where there were any, syscall
    const auto words = words_of(line);
    if ((words.size() != 5 && words.size() != 6) || words.back() == "total" ||
        words.front().find_first_not_of("0123456789.,") != std::string::npos) {
      return;
    }
    if (const auto calls = whole_number(words[3])) {
      table.by_name[words.back()] += *calls;
      table.total += *calls;
    }
  });
  return table;
}

CountTable parse_perf_stat(std::string_view text) {
  constexpr std::string_view kTotal = "raw_syscalls:sys_enter";
  constexpr std::string_view kPrefix = "syscalls:sys_enter_";
  CountTable table{{}, 0, Unnamed::kUnknown};
  each_line(text, [&](const std::string& line) {
    const auto first = line.find(';');
    const auto second = first == std::string::npos ? first : line.find(';', first + 1);
    const auto third = second == std::string::npos ? second : line.find(';', second + 1);
    if (third == std::string::npos) {
      return;
    }
    const std::string_view event = std::string_view(line).substr(second + 1, third - second - 1);
    const auto count = whole_number(std::string_view(line).substr(0, first));
    if (count && event == kTotal) {
      table.total = *count;
    } else if (count && event.starts_with(kPrefix)) {
      table.by_name[std::string(event.substr(kPrefix.size()))] = *count;
    }
  });
  return table.total > 0 ? table : CountTable{};
}

void LockWaits::end_sample() {
  if (caller_ == Caller::kSought) {
    ++by_caller_[kUnknown];
  }
  caller_ = Caller::kNone;
}

void LockWaits::add_line(std::string_view line) {
  if (line.empty()) {
    end_sample();
    return;
  }
  if (line.front() != ' ' && line.front() != '\t') {
    end_sample();
    caller_ =
        line.find("contention_begin") == std::string_view::npos ? Caller::kNone : Caller::kSought;
    return;
  }
  // An address and its symbol; the innermost first.
  const auto words = words_of(line);
  if (caller_ == Caller::kSought && words.size() >= 2 && !is_lock_function(words[1])) {
    ++by_caller_[function_of(words[1])];
    caller_ = Caller::kFound;
  }
}

CountTable LockWaits::table() const {
  LockWaits ended = *this;
  ended.end_sample();
  CountTable table{ended.by_caller_};
  for (const auto& [caller, count] : table.by_name) {
    table.total += count;
  }
  return table;
}

CountTable parse_bpftrace_stacks(std::string_view text) {
  CountTable table;
  std::string caller;
  each_line(text, [&table, &caller](const std::string& line) {
    constexpr std::string_view kEnd = "]: ";
    if (line.starts_with("@[")) {
      caller.clear();
    } else if (line.starts_with(kEnd)) {
      if (const auto count = whole_number(std::string_view(line).substr(kEnd.size()))) {
        table.by_name[caller.empty() ? kUnknown : caller] += *count;
        table.total += *count;
      }
    } else if (const auto words = words_of(line);
               caller.empty() && words.size() == 1 && !is_lock_function(words[0])) {
      caller = function_of(words[0]);
    }
  });
  return table;
}

bool is_epoll_caller(std::string_view caller) {
  constexpr std::array<std::string_view, 6> kBeginnings{
      "ep_", "__ep_", "do_epoll_", "epoll_", "__x64_sys_epoll_", "__arm64_sys_epoll_"};
  return caller != "ep_poll_callback" &&
         std::any_of(kBeginnings.begin(), kBeginnings.end(), [caller](std::string_view beginning) {
           return caller.starts_with(beginning);
         });
}

}  // namespace coresweep
