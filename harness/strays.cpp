#include "harness/strays.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "harness/child_process.hpp"
#include "harness/process_group.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMostForStrays{1};
constexpr pid_t kGroupOfNone = -1;

// Whether it was SIGKILL that ended it.
bool kill_and_reap(pid_t pid, Clock::time_point until) {
  ::kill(pid, SIGKILL);
  int status = 0;
  pid_t reaped = ::waitpid(pid, &status, WNOHANG);
  while (reaped == 0 && Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    reaped = ::waitpid(pid, &status, WNOHANG);
  }
  return reaped == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace

Strays::Strays() : before_(children_of(::getpid())) { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

Strays::~Strays() {
  end(kGroupOfNone);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

std::vector<std::string> Strays::end(pid_t group) {
  std::vector<std::string> names;
  const auto until = Clock::now() + kMostForStrays;
  bool found_any = true;
  while (found_any && Clock::now() < until) {  // whoever is killed may leave some behind, too
    found_any = false;
    for (const pid_t pid : children_of(::getpid())) {
      if (contains(before_, pid) || ChildProcess::is_one(pid)) {
        continue;
      }
      found_any = true;
      const bool is_of_group = ::getpgid(pid) == group;
      const std::string name = named_process(pid);
      if (kill_and_reap(pid, until) && !is_of_group) {
        names.push_back(name);
      }
    }
  }
  return names;
}

}  // namespace coresweep
