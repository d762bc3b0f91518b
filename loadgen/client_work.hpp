// More CPU a request, on purpose: a run that gets slower by it was limited by its client. How busy
// a thread looks does not prove that, since a thread that waits for the server may be found busy.
#pragma once

#include <cstddef>
#include <cstdint>

#include "loadgen/phase.hpp"

namespace coresweep {

class ClientWork {
 public:
  /// `share` of what a request costs this thread by itself; 0: no work at all. What it costs is
  /// measured from a quarter to three quarters of the warm-up, and the work begins then.
  /// `schedule` must outlive the work, and is first read by on_step().
  ClientWork(double share, const Schedule& schedule) : share_(share), schedule_(schedule) {}

  /// To be called often. `answered` and `spun_ns` are the thread's, of its whole life. Throws
  /// std::runtime_error when there was no request to measure.
  void on_step(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns) {
    if (share_ > 0 && !works_) {
      measure(now, answered, spun_ns);
    }
  }

  /// Spends the work of so many requests.
  void spend(std::size_t requests);

  /// Nanoseconds a request; 0 until it is measured.
  [[nodiscard]] double ns_a_request() const { return ns_a_request_; }

 private:
  void measure(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns);

  double share_;
  const Schedule& schedule_;
  bool works_ = false;
  bool began_ = false;
  double cpu_at_begin_s_ = 0;
  std::uint64_t answered_at_begin_ = 0;
  double ns_a_request_ = 0;
  double rounds_a_request_ = 0;
  double rounds_left_ = 0;  // less than one
};

}  // namespace coresweep
