#include "harness/stop_signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/failure.hpp"

namespace coresweep {

StopSignals::StopSignals() {
  sigset_t stops{};
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGQUIT);
  // A lost session ends a sweep, but not one that nohup was to keep from it.
  struct sigaction hang_up{};
  sigaction(SIGHUP, nullptr, &hang_up);
  if (hang_up.sa_handler != SIG_IGN) {
    sigaddset(&stops, SIGHUP);
  }
  // Blocked first: between the two calls a signal then waits instead of ending us.
  pthread_sigmask(SIG_BLOCK, &stops, &previous_mask_);
  descriptor_ = FileDescriptor(::signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_.is_open()) {
    throw Failure(std::string("cannot wait for signals: ") + std::strerror(errno));
  }
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &previous_pipe_action_);
}

StopSignals::~StopSignals() {
  sigaction(SIGPIPE, &previous_pipe_action_, nullptr);
  pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
}

void StopSignals::check() const {
  signalfd_siginfo received{};
  if (::read(descriptor_.get(), &received, sizeof(received)) == sizeof(received)) {
    throw Interrupted{static_cast<int>(received.ssi_signo)};
  }
}

}  // namespace coresweep
