// What belongs to one serving thread: its counters, its buffers, its greeter. Code that a coroutine
// runs finds them anew after every co_await, since a shared loop may resume it on another thread.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "servers/counters.hpp"
#include "servers/greeter.hpp"

namespace coresweep {

class ServerThread {
 public:
  /// The calling thread's own. Requires that bind() was called on this thread.
  [[nodiscard]] static ServerThread& current();

  /// Likewise, or nullptr where none was bound. Not for coroutines: it may be inlined.
  [[nodiscard]] static ServerThread* current_or_none();

  /// Makes this the calling thread's own.
  void bind();

  /// Its last act: keeps what the kernel counted, which cannot be asked for once the thread is
  /// gone.
  void leave();

  ThreadCounters counters;
  Greeter greeter{counters};
  // Large reads and all replies pass through here; nothing in them outlives the step that fills
  // them.
  std::array<std::uint8_t, 65'536> input;
  std::string output;

  [[nodiscard]] pid_t id() const { return id_.load(std::memory_order_relaxed); }
  [[nodiscard]] const std::optional<rusage>& final_usage() const { return final_usage_; }

 private:
  std::atomic<pid_t> id_{0};
  std::optional<rusage> final_usage_;  // read only after the thread was joined
};

}  // namespace coresweep
