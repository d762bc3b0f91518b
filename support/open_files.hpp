// The limit of open files (RLIMIT_NOFILE).
#pragma once

namespace coresweep {

/// Raises the soft limit to the hard one and returns it. Debian's soft limit is 1024, which a
/// thousand connections exceed; the hard one is what the operator really allows.
int raise_open_files();

}  // namespace coresweep
