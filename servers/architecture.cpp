#include "servers/architecture.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/detail/config.hpp>
#include <iterator>

#include "servers/connection_threads.hpp"

namespace coresweep {
namespace {

#ifdef BOOST_ASIO_HAS_IO_URING
constexpr bool kOutsideAsio = false;
#else
constexpr bool kOutsideAsio = true;
#endif

#define ARCHITECTURE(name, summary) Architecture{#name, summary, true, 0, name},
#define ARCHITECTURE_OUTSIDE_ASIO(name, summary, most) \
  Architecture{#name, summary, kOutsideAsio, most, name},
constexpr std::array kArchitectures{
#include "servers/architectures.def"
};
#undef ARCHITECTURE
#undef ARCHITECTURE_OUTSIDE_ASIO

}  // namespace

std::vector<Architecture> architectures() {
  std::vector<Architecture> here;
  std::copy_if(kArchitectures.begin(), kArchitectures.end(), std::back_inserter(here),
               [](const Architecture& each) { return each.is_here; });
  return here;
}

const Architecture* find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& each) { return each.name == name; });
  return found == kArchitectures.end() ? nullptr : &*found;
}

}  // namespace coresweep
