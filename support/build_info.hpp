// What this program was built from and with, as recorded in every result.
#pragma once

#include <string_view>

namespace coresweep {

struct BuildInfo {
  std::string_view version;
  std::string_view git_revision;  ///< 40 hex digits, or "unknown" outside a git checkout
  bool git_dirty;                 ///< tracked files differed from that revision at build time
  std::string_view compiler;      ///< such as "GNU 12.2.0"
  std::string_view build_type;    ///< such as "Release"
  std::string_view flags;         ///< the compiler's optimisation, CPU and sanitizer flags
  std::string_view source_dir;    ///< where the sources stood, to find plots/ again
};

[[nodiscard]] const BuildInfo& build_info();

}  // namespace coresweep
