// What tracers print, read: pure functions of their text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace coresweep {

/// A name to how often: a system call, or who waited for a lock.
using CountByName = std::map<std::string, std::uint64_t>;

/// What a name that is not in a table means.
enum class Unnamed {
  kNever,    ///< each was counted by its name: it was not called
  kUnknown,  ///< only those in the table were counted by their names
};

/// What several together came to; `total` may be more, where not each was counted by its name.
struct CountTable {
  CountByName by_name;
  std::uint64_t total = 0;
  Unnamed unnamed = Unnamed::kNever;
};

/// `strace -c`: a row a system call. What is no such row is passed over.
[[nodiscard]] CountTable parse_strace_summary(std::string_view text);

/// `perf stat -x ;` of raw_syscalls:sys_enter, the total, and syscalls:sys_enter_NAME: of each name
/// that it could count, those that were never called too. Of a text without the total, nothing.
[[nodiscard]] CountTable parse_perf_stat(std::string_view text);

/// `perf script -F comm,tid,event,ip,sym` of lock:contention_begin, line by line: who, in the
/// kernel, began to wait for a lock.
class LockWaits {
 public:
  void add_line(std::string_view line);
  [[nodiscard]] CountTable table() const;

 private:
  enum class Caller { kNone, kSought, kFound };

  void end_sample();

  CountByName by_caller_;
  Caller caller_ = Caller::kNone;
};

/// bpftrace's map of kstack to count: `@[`, a function a line with the innermost first, `]: COUNT`.
[[nodiscard]] CountTable parse_bpftrace_stacks(std::string_view text);

/// Who waited for an epoll set's own lock or mutex, to take events off it or to change it. Not
/// ep_poll_callback, which puts events on: that is run by whoever sends, so that in a server it is
/// about its client's set where both are on one machine.
[[nodiscard]] bool is_epoll_caller(std::string_view caller);

}  // namespace coresweep
