// greeter's command line.
#pragma once

#include "servers/server_options.hpp"

namespace coresweep {

enum class AskedFor {
  serving,
  list,     ///< --list
  nothing,  ///< help was printed, or a line about wrong usage: leave with `exit_code`
};

struct ReadServerOptions {
  AskedFor asked_for = AskedFor::nothing;
  int exit_code = 0;
  ServerOptions options;
};

[[nodiscard]] ReadServerOptions read_server_options(int argc, const char* const* argv);

}  // namespace coresweep
