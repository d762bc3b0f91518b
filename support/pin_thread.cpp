#include "support/pin_thread.hpp"

#include <pthread.h>
#include <sched.h>

namespace coresweep {

std::error_code pin_thread(int cpu) { return confine_thread({cpu}); }

std::error_code confine_thread(const std::vector<int>& cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
      return {EINVAL, std::system_category()};
    }
    CPU_SET(static_cast<std::size_t>(cpu), &set);
  }
  return {pthread_setaffinity_np(pthread_self(), sizeof(set), &set), std::system_category()};
}

}  // namespace coresweep
