#include "servers/architecture.hpp"

#include <algorithm>
#include <array>

namespace coresweep {
namespace {

#define ARCHITECTURE(name, summary) Architecture{#name, summary, name},
constexpr std::array kArchitectures{
#include "servers/architectures.def"
};
#undef ARCHITECTURE

}  // namespace

std::span<const Architecture> architectures() { return kArchitectures; }

const Architecture* find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& each) { return each.name == name; });
  return found == kArchitectures.end() ? nullptr : &*found;
}

}  // namespace coresweep
