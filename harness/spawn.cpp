#include "harness/spawn.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <spawn.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

// The attributes and file actions of one posix_spawn, freed together.
class SpawnSettings {
 public:
  SpawnSettings(const StandardStreams& streams, const std::string& folder) {
    posix_spawn_file_actions_init(&actions_);
    if (!folder.empty()) {
      posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    }
    posix_spawn_file_actions_adddup2(&actions_, streams.stdin_fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, streams.stdout_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, streams.stderr_fd, STDERR_FILENO);
    // What StopSignals changed is ours alone: the child starts with no signal blocked or ignored.
    sigset_t none{};
    sigset_t all{};
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// posix_spawn has no attribute for it, but a child begins with the CPUs of the thread that made it.
class CpusOfNextChild {
 public:
  explicit CpusOfNextChild(const std::vector<int>& cpus) {
    if (cpus.empty()) {
      return;
    }
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (const int cpu : cpus) {
      CPU_SET(static_cast<std::size_t>(cpu), &wanted);
    }
    is_changed_ = ::sched_getaffinity(0, sizeof(ours_), &ours_) == 0;
    if (!is_changed_ || ::sched_setaffinity(0, sizeof(wanted), &wanted) != 0) {
      throw Failure(fmt::format("cannot confine a program to its CPUs: {}", std::strerror(errno)));
    }
  }
  ~CpusOfNextChild() {
    if (is_changed_) {
      static_cast<void>(::sched_setaffinity(0, sizeof(ours_), &ours_));
    }
  }
  CpusOfNextChild(const CpusOfNextChild&) = delete;
  CpusOfNextChild& operator=(const CpusOfNextChild&) = delete;

 private:
  bool is_changed_ = false;
  cpu_set_t ours_{};
};

}  // namespace

pid_t spawn(const std::vector<std::string>& command, const StandardStreams& streams,
            const Surroundings& surroundings) {
  assert(!command.empty());
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // posix_spawn does not write to it
  }
  arguments.push_back(nullptr);
  const SpawnSettings settings(streams, surroundings.folder);
  const CpusOfNextChild confined(surroundings.cpus);
  pid_t pid = -1;
  // It has no attribute for PR_SET_PDEATHSIG, which no child inherits: when coresweep is killed
  // with SIGKILL, all that tells its children is the end of their stdin. (Who is not told by that
  // has a GroupGuard.)
  const int error = ::posix_spawnp(&pid, arguments[0], settings.actions(), settings.attributes(),
                                   arguments.data(), environ);
  if (error != 0) {
    throw Failure(fmt::format("cannot start {}: {}", command.front(), std::strerror(error)));
  }
  return pid;
}

}  // namespace coresweep
