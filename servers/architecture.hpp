// The architectures by name. architectures.def is the table of contents: one row registers one.
#pragma once

#include <span>
#include <string_view>

#include "servers/server.hpp"

namespace coresweep {

struct Architecture {
  std::string_view name;
  std::string_view summary;
  /// Arranges loops, listeners, connections and threads, and serves until the server is stopped.
  void (*serve)(Server& server);
};

[[nodiscard]] std::span<const Architecture> architectures();

/// The architecture of that name, or nullptr.
[[nodiscard]] const Architecture* find_architecture(std::string_view name);

#define ARCHITECTURE(name, summary) void name(Server& server);
#include "servers/architectures.def"
#undef ARCHITECTURE

}  // namespace coresweep
