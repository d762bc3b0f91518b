// Signals that ask to stop as something to wait for, so that a sweep ends in order and not in a
// handler.
#pragma once

#include <csignal>

#include "support/file_descriptor.hpp"

namespace coresweep {

/// Thrown out of a wait when the operator asked to stop.
struct Interrupted {
  int signal = SIGINT;
};

/// While it lives, SIGINT, SIGTERM, SIGQUIT and SIGHUP (unless that was ignored, as by nohup) do
/// not act but make descriptor() readable, and SIGPIPE is ignored: a child that died shows as an
/// error of the write. Made before any thread is.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

  /// Throws Interrupted when a signal has come.
  void check() const;

 private:
  sigset_t previous_mask_{};
  struct sigaction previous_pipe_action_{};
  FileDescriptor descriptor_;
};

}  // namespace coresweep
