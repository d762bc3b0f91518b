// Checks of the doctor: memory, what encloses us, and what the kernel lets us have.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/wording.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

// The machine's own namespaces have the same numbers on every kernel (include/linux/proc_ns.h).
constexpr const char* kFirstPidNamespace = "pid:[4026531836]";
constexpr const char* kFirstCgroupNamespace = "cgroup:[4026531835]";

enum class Namespace { kOfTheMachine, kOther, kUnreadable };

Namespace namespace_of(const std::filesystem::path& root, const char* kind, const char* first) {
  std::error_code error;
  const auto link = std::filesystem::read_symlink(root / "proc/self/ns" / kind, error);
  if (error) {
    return Namespace::kUnreadable;
  }
  return link == first ? Namespace::kOfTheMachine : Namespace::kOther;
}

// "512 MB", of a line such as "SwapTotal:  524288 kB".
std::optional<std::int64_t> kilobytes(const std::string& meminfo, std::string_view key) {
  std::istringstream words(line_behind(meminfo, key).value_or(""));
  std::int64_t value = 0;
  std::string unit;
  return words >> value >> unit && unit == "kB" && value >= 0 ? std::optional(value) : std::nullopt;
}

std::string megabytes(std::int64_t kilobyte_count) {
  return significant(static_cast<double>(kilobyte_count) / 1024) + " MB";
}

// What only a container has. A file that an image brings along is none.
std::vector<std::string> container_evidence(const std::filesystem::path& root) {
  std::vector<std::string> evidence;
  if (std::filesystem::exists(root / "run/.containerenv")) {
    evidence.emplace_back("/run/.containerenv is there");
  }
  if (const auto kind = read_host_word(root, "/run/systemd/container"); kind.text) {
    evidence.push_back("/run/systemd/container says " + *kind.text);
  }
  const std::string groups = read_host_text(root, "/proc/1/cgroup").text.value_or("");
  for (const char* word : {"docker", "kubepods", "libpod", "containerd", "lxc"}) {
    if (groups.find(word) != std::string::npos) {
      evidence.push_back(fmt::format("/proc/1/cgroup names {}", word));
      break;
    }
  }
  for (const auto& [kind, first] :
       {std::pair("pid", kFirstPidNamespace), std::pair("cgroup", kFirstCgroupNamespace)}) {
    if (namespace_of(root, kind, first) == Namespace::kOther) {
      evidence.push_back(fmt::format("the {} namespace is not the machine's", kind));
    }
  }
  return evidence;
}

}  // namespace

bool sees_all_processes(const std::filesystem::path& root) {
  return namespace_of(root, "pid", kFirstPidNamespace) == Namespace::kOfTheMachine;
}

Finding check_swap(const Host& host) {
  const Check check("swap",
                    "a page that was put away is a wait of milliseconds for whoever needs it next");
  const std::string file = "/proc/meminfo";
  const HostText memory = read_host_text(host.root, file);
  if (!memory.text) {
    return check.unknown(memory.why);
  }
  const auto total = kilobytes(*memory.text, "SwapTotal:");
  const auto free = kilobytes(*memory.text, "SwapFree:");
  if (!total || !free || *free > *total) {
    return check.unknown(file + ": holds no SwapTotal and SwapFree");
  }
  if (*total == 0) {
    return check.ok("none");
  }
  const HostNumber swappiness = read_host_number(host.root, "/proc/sys/vm/swappiness");
  const std::string reading = fmt::format(
      "{} of {} in use, swappiness {}", megabytes(*total - *free), megabytes(*total),
      swappiness.value ? std::to_string(*swappiness.value) : std::string("not readable"));
  return *free < *total ? check.warning(reading, "sudo swapoff -a") : check.ok(reading);
}

Finding check_container(const Host& host) {
  const Check check("container",
                    "limits, filters and neighbours from outside cannot be seen from within; a "
                    "seccomp filter costs something every system call");
  const std::vector<std::string> evidence = container_evidence(host.root);
  const HostText status = read_host_text(host.root, "/proc/self/status");
  const auto seccomp = line_behind(status.text.value_or(""), "Seccomp:");
  const bool filtered = seccomp == "2";
  const std::string filter = filtered  ? "every system call passes a seccomp filter"
                             : seccomp ? "no seccomp filter"
                                       : "whether there is a seccomp filter cannot be read";
  if (!evidence.empty()) {
    return check.warning(fmt::format("yes: {}; {}", fmt::join(evidence, ", "), filter),
                         "nothing: run coresweep on the machine itself");
  }
  if (namespace_of(host.root, "pid", kFirstPidNamespace) == Namespace::kUnreadable) {
    return check.unknown("/proc/self/ns/pid: cannot be read, and nothing else tells");
  }
  const std::string leftover = std::filesystem::exists(host.root / ".dockerenv")
                                   ? " (/.dockerenv is there, but the namespaces are the machine's)"
                                   : "";
  const std::string reading = fmt::format("no{}; {}", leftover, filter);
  return filtered ? check.warning(reading,
                                  "nothing: start coresweep outside of the sandbox that filters it")
                  : check.ok(reading);
}

Finding check_io_uring(const Host& host) {
  const Check check("io_uring", "a plan with engine io_uring cannot run without it");
  const HostNumber disabled = read_host_number(host.root, "/proc/sys/kernel/io_uring_disabled");
  // Kernels before 6.6 have no such switch.
  const std::string with_switch =
      disabled.value ? fmt::format("kernel.io_uring_disabled is {}", *disabled.value)
                     : std::string("no kernel.io_uring_disabled");
  if (host.io_uring_error == 0) {
    return check.ok("a ring can be made; " + with_switch);
  }
  const std::string reading =
      fmt::format("no ring can be made: {}; {}", std::strerror(host.io_uring_error), with_switch);
  if (host.io_uring_error == EPERM && disabled.value.value_or(0) != 0) {
    return check.warning(reading, "sudo sysctl -w kernel.io_uring_disabled=0");
  }
  if (host.io_uring_error == ENOMEM) {
    return check.warning(reading, "sudo prlimit --pid $$ --memlock=unlimited:unlimited");
  }
  return check.warning(reading, host.io_uring_error == ENOSYS
                                    ? "nothing: this kernel has none; choose another machine"
                                    : "nothing: a filter (seccomp) or module forbids it; start "
                                      "coresweep outside of it");
}

int try_io_uring() {
  io_uring_params parameters{};
  const long ring = ::syscall(SYS_io_uring_setup, 1U, &parameters);
  if (ring < 0) {
    return errno;
  }
  const FileDescriptor closed_again(static_cast<int>(ring));
  return 0;
}

}  // namespace coresweep
