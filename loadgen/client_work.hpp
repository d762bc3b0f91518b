// More CPU a request, on purpose: a run that gets slower by it was limited by its client. How busy
// a thread looks does not prove that, since a thread that waits for the server may be found busy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "loadgen/phase.hpp"

namespace coresweep {

struct AddedWork {
  double share = 0;  ///< of what a request costs a thread by itself
  double ns = 0;     ///< or so many nanoseconds; neither: no work at all
};

/// "20%" or "500ns". Nothing when the text is anything else, above 1000 % or 10 ms.
[[nodiscard]] std::optional<AddedWork> parse_added_work(std::string_view text);

class ClientWork {
 public:
  /// What a request costs by itself is measured from a quarter to three quarters of the warm-up,
  /// and a share's work begins then. `schedule` must outlive the work, and is first read by
  /// on_step().
  ClientWork(const AddedWork& asked, const Schedule& schedule)
      : asked_(asked), schedule_(schedule) {}

  /// To be called often. `answered` and `spun_ns` are the thread's, of its whole life. Throws
  /// std::runtime_error when there were too few requests to measure.
  void on_step(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns) {
    if ((asked_.share > 0 || asked_.ns > 0) && !works_) {
      measure(now, answered, spun_ns);
    }
  }

  /// Spends the work of so many requests.
  void spend(std::size_t requests);

  /// Nanoseconds a request; 0 until it is measured.
  [[nodiscard]] double ns_a_request() const { return ns_a_request_; }

  /// CPU time that it took, of a sample of them; 0 when there is none.
  [[nodiscard]] double measured_ns_a_request() const {
    return sampled_ == 0 ? 0.0 : sampled_ns_ / static_cast<double>(sampled_);
  }

 private:
  void measure(std::int64_t now, std::uint64_t answered, std::int64_t spun_ns);
  void begin(double ns_a_request);

  AddedWork asked_;
  const Schedule& schedule_;
  bool works_ = false;
  bool began_ = false;
  double cpu_at_begin_s_ = 0;
  std::uint64_t answered_at_begin_ = 0;
  double ns_a_request_ = 0;
  double rounds_a_request_ = 0;
  double rounds_left_ = 0;  // less than one
  std::uint64_t turns_ = 0;
  std::uint64_t sampled_ = 0;  // requests
  double sampled_ns_ = 0;
  double clock_ns_ = 0;  // that reading the thread's clock takes
};

}  // namespace coresweep
