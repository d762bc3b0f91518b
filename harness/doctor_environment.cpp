// Check of the doctor: what every program that coresweep starts inherits unseen.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "harness/doctor_checks.hpp"
#include "harness/host_files.hpp"

namespace coresweep {
namespace {

// Of the dynamic loader and glibc, of Go's runtime, Tokio, gRPC's core and jemalloc; of what
// builds peers, and of what stands behind proxies. With "_" at its end it is the beginning of
// several. (None holds a secret.)
constexpr std::array kChanging{
    "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_BIND_", "GLIBC_TUNABLES", "MALLOC_",
    "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG", "GOEXPERIMENT", "GOFLAGS", "GOAMD64", "GOARM64",
    "TOKIO_", "GRPC_", "JEMALLOC_", "RUSTFLAGS", "CARGO_PROFILE_", "CARGO_BUILD_",
    "CARGO_ENCODED_RUSTFLAGS", "RUSTUP_TOOLCHAIN", "CGO_", "CFLAGS", "CXXFLAGS", "LDFLAGS",
    "UPSTREAM_HTTP2"};
constexpr std::size_t kMostOfAValue = 200;

bool is_changing(std::string_view name) {
  return std::any_of(kChanging.begin(), kChanging.end(), [name](std::string_view known) {
    return known.ends_with('_') ? name.starts_with(known) : name == known;
  });
}

}  // namespace

Finding check_environment(const Host& host) {
  const Check check("environment",
                    "servers, load generators and what builds peers inherit it: with another "
                    "allocator, garbage collector or library they are other programs");
  const HostText environment = read_host_text(host.root, "/proc/self/environ");
  if (!environment.text) {
    return check.unknown(environment.why);
  }
  std::vector<std::string> settings;
  std::vector<std::string> names;
  std::istringstream all(*environment.text);
  for (std::string setting; std::getline(all, setting, '\0');) {
    const std::string name = setting.substr(0, setting.find('='));
    if (is_changing(name)) {
      settings.push_back(setting.size() > kMostOfAValue ? setting.substr(0, kMostOfAValue) + "..."
                                                        : setting);
      names.push_back(shell_word(name));
    }
  }
  return settings.empty()
             ? check.ok("nothing is set of what changes a program that inherits it")
             : check.warning(fmt::format("{}", fmt::join(settings, ", ")),
                             fmt::format("unset {}", fmt::join(names, " ")));
}

}  // namespace coresweep
