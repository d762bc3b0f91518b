#include "loadgen/silence.hpp"

#include <algorithm>

namespace coresweep {

std::vector<Silence> common_silences(const std::vector<Silence>& a, const std::vector<Silence>& b) {
  std::vector<Silence> common;
  for (auto of_a = a.begin(), of_b = b.begin(); of_a != a.end() && of_b != b.end();) {
    const Silence both{.begin_ns = std::max(of_a->begin_ns, of_b->begin_ns),
                       .end_ns = std::min(of_a->end_ns, of_b->end_ns),
                       .requests_waiting = of_a->requests_waiting + of_b->requests_waiting};
    if (both.end_ns - both.begin_ns >= kShortestSilenceNs) {
      common.push_back(both);
    }
    ++(of_a->end_ns < of_b->end_ns ? of_a : of_b);
  }
  return common;
}

}  // namespace coresweep
