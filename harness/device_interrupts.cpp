#include "harness/device_interrupts.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <system_error>

#include "harness/host_files.hpp"

namespace coresweep {
namespace {

constexpr std::string_view kCpu = "CPU";

// Takes the next word off `text`; empty at its end.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlanks = " \t\r";
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlanks)));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

// Not below 0: the kernel counts nothing that is.
std::optional<std::int64_t> parse_count(std::string_view word) {
  const auto count = parse_whole_number(word);
  return count && *count >= 0 ? count : std::nullopt;
}

std::optional<int> parse_id(std::string_view word) {
  const auto id = parse_count(word);
  return id && *id <= std::numeric_limits<int>::max() ? std::optional(static_cast<int>(*id))
                                                      : std::nullopt;
}

std::vector<int> parse_cpus(std::string_view line) {
  std::vector<int> cpus;
  for (std::string_view word = take_word(line); word.starts_with(kCpu); word = take_word(line)) {
    const auto cpu = parse_id(word.substr(kCpu.size()));
    if (!cpu) {
      break;
    }
    cpus.push_back(*cpu);
  }
  return cpus;
}

bool is_of_a_name(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

// "eth1" is no part of "eth10-Tx-Rx-0".
bool names_device(std::string_view text, std::string_view device) {
  for (auto at = text.find(device); at != std::string_view::npos; at = text.find(device, at + 1)) {
    const auto end = at + device.size();
    if ((at == 0 || !is_of_a_name(text[at - 1])) &&
        (end == text.size() || !is_of_a_name(text[end]))) {
      return true;
    }
  }
  return false;
}

// The last word, and words before it that end in a comma: an interrupt may be shared.
std::string name_in(std::string_view rest) {
  auto blank = rest.rfind(' ');
  while (blank != std::string_view::npos && blank > 0 && rest[blank - 1] == ',') {
    blank = rest.rfind(' ', blank - 1);
  }
  return recordable(rest.substr(blank == std::string_view::npos ? 0 : blank + 1));
}

// A virtio device has the interrupts of the bus device above it.
std::set<int> bus_interrupts(const std::string& device, const std::filesystem::path& root) {
  std::filesystem::path bus_device = root / "sys/class/net" / device / "device";
  std::error_code error;
  if (std::filesystem::read_symlink(bus_device / "subsystem", error).filename() == "virtio") {
    bus_device /= "..";
  }
  std::set<int> interrupts;
  std::filesystem::directory_iterator files(bus_device / "msi_irqs", error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    if (const auto irq = parse_id(files->path().filename().native())) {
      interrupts.insert(*irq);
    }
  }
  return interrupts;
}

}  // namespace

std::vector<InterruptRow> parse_interrupts(std::string_view text) {
  const std::vector<int> cpus = parse_cpus(take_line(text));
  std::vector<InterruptRow> rows;
  while (!text.empty()) {
    std::string_view rest = take_line(text);
    const std::string_view label = take_word(rest);
    if (label.size() < 2 || label.back() != ':') {
      continue;
    }
    InterruptRow row{std::string(label.substr(0, label.size() - 1)), {}, ""};
    for (const int cpu : cpus) {
      std::string_view behind = rest;
      const auto count = parse_count(take_word(behind));
      if (!count) {
        break;
      }
      row.by_cpu[cpu] = *count;
      rest = behind;
    }
    row.rest = without_blanks(rest);
    if (!row.by_cpu.empty()) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<DeviceInterrupt> device_interrupts(const std::string& device,
                                               const std::filesystem::path& root) {
  const std::set<int> own = bus_interrupts(device, root);
  std::vector<DeviceInterrupt> interrupts;
  const HostText read = read_host_text(root, "/proc/interrupts");
  for (const InterruptRow& row : parse_interrupts(read.text.value_or(""))) {
    const auto irq = parse_id(row.label);
    if (irq && (own.empty() ? names_device(row.rest, device) : own.count(*irq) > 0)) {
      interrupts.push_back({*irq, name_in(row.rest), row.by_cpu});
    }
  }
  return interrupts;
}

}  // namespace coresweep
