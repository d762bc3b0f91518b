// The architectures by name. architectures.def is the table of contents: one row registers one.
#pragma once

#include <string_view>
#include <vector>

#include "servers/server.hpp"

namespace coresweep {

struct Architecture {
  std::string_view name;
  std::string_view summary;
  bool is_here;          ///< under this program's engine
  int most_connections;  ///< 0: as many as the limit of open files leaves room for
  /// Arranges loops, listeners, connections and threads, and serves until the server is stopped.
  void (*serve)(Server& server);
};

/// Those that there are under this program's engine.
[[nodiscard]] std::vector<Architecture> architectures();

/// The architecture of that name, here or not, or nullptr.
[[nodiscard]] const Architecture* find_architecture(std::string_view name);

#define ARCHITECTURE(name, summary) void name(Server& server);
#define ARCHITECTURE_OUTSIDE_ASIO(name, summary, most) void name(Server& server);
#include "servers/architectures.def"
#undef ARCHITECTURE
#undef ARCHITECTURE_OUTSIDE_ASIO

}  // namespace coresweep
