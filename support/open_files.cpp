#include "support/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace coresweep {

int raise_open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  constexpr rlim_t kMost = 1 << 24;
  return static_cast<int>(std::min(limit.rlim_cur, kMost));
}

}  // namespace coresweep
