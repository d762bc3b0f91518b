// Checks of the doctor: what a process of ours may have.
#include <fmt/format.h>

#include <sstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"
#include "harness/machine.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kUnlimited = INT64_MAX;  // more than anything
constexpr std::int64_t kKibibyte = 1'024;

// Of glommio (its sys/uring.rs, Reactor::new): an executor that finds a lower soft limit gives up.
// The limit is the process's and each executor looks at the same: how many there are does not
// matter. Nor does what they take of it: rings count only before Linux 5.12, and buffers that it
// has no room for are not registered.
constexpr std::int64_t kLeastLockedBytes = 512 * kKibibyte;

struct Limit {
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  std::string why;  ///< it cannot be read
};

std::optional<std::int64_t> parse_limit(const std::string& text) {
  return text == "unlimited" ? std::optional(kUnlimited) : parse_whole_number(text);
}

// Of the line that begins with "Max " and `name`.
Limit read_limit(const std::filesystem::path& root, std::string_view name) {
  const std::string file = "/proc/self/limits";
  const HostText limits = read_host_text(root, file);
  if (!limits.text) {
    return {0, 0, limits.why};
  }
  std::istringstream words(line_behind(*limits.text, fmt::format("Max {}", name)).value_or(""));
  std::string soft_text;
  std::string hard_text;
  words >> soft_text >> hard_text;
  const auto soft = parse_limit(soft_text);
  const auto hard = parse_limit(hard_text);
  return soft && hard ? Limit{*soft, *hard, ""}
                      : Limit{0, 0, fmt::format("{}: holds no limit of {}", file, name)};
}

std::string limit_text(std::int64_t limit) {
  return limit == kUnlimited ? "unlimited" : with_thousands(static_cast<double>(limit));
}

std::string kibibytes_text(std::int64_t limit) {
  return limit == kUnlimited ? "unlimited" : limit_text(limit / kKibibyte) + " KiB";
}

}  // namespace

Finding check_open_files(const Host& host) {
  const Check check("open_files",
                    "a connection is a descriptor, of the server and of the load generator; only "
                    "the hard limit binds, coresweep raises the soft one itself");
  const Limit limit = read_limit(host.root, "open files");
  if (!limit.why.empty()) {
    return check.unknown(limit.why);
  }
  const std::int64_t needed =
      kLargestPlanConnections + other_descriptors(static_cast<int>(host.allowed.size()));
  const std::string reading =
      fmt::format("hard limit {}, soft limit {}", limit_text(limit.hard), limit_text(limit.soft));
  if (limit.hard >= needed) {
    return check.ok(reading);
  }
  return check.warning(fmt::format("{}; the largest plan takes {} a program", reading,
                                   limit_text(needed)),
                       "sudo prlimit --pid $$ --nofile=65536:65536");
}

Finding check_locked_memory(const Host& host) {
  const Check check("locked_memory",
                    "a peer on glommio (io_uring) does not start with a soft limit below 512 KiB");
  const Limit limit = read_limit(host.root, "locked memory");
  if (!limit.why.empty()) {
    return check.unknown(limit.why);
  }
  const std::string reading = fmt::format("soft limit {}, hard limit {}",
                                          kibibytes_text(limit.soft), kibibytes_text(limit.hard));
  if (limit.soft >= kLeastLockedBytes) {
    return check.ok(reading);
  }
  // Up to the hard limit anybody may raise it.
  const std::string now = limit.hard >= kLeastLockedBytes
                              ? fmt::format("ulimit -S -l {}", kLeastLockedBytes / kKibibyte)
                              : "sudo prlimit --pid $$ --memlock=unlimited:unlimited";
  return check.warning(reading, now + "  # to stay: memlock in /etc/security/limits.conf, or "
                                      "LimitMEMLOCK= of a systemd unit");
}

}  // namespace coresweep
