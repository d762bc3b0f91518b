#include "loadgen/phase.hpp"

namespace coresweep {

Phase Schedule::phase_at(std::int64_t now) const {
  if (now < window_begin) {
    return Phase::warmup;
  }
  if (now < window_end) {
    return Phase::window;
  }
  if (now < drain_begin) {
    return Phase::cooldown;
  }
  return now < drain_end ? Phase::drain : Phase::over;
}

std::int64_t Schedule::next_edge(std::int64_t now) const {
  for (const std::int64_t edge : {window_begin, window_end, drain_begin}) {
    if (now < edge) {
      return edge;
    }
  }
  return drain_end;
}

}  // namespace coresweep
