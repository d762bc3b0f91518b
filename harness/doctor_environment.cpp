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

// Of the dynamic loader and glibc, of jemalloc, of Go's, Java's and other runtimes, Tokio, gRPC's
// core; of what builds peers; of what is behind proxies. With "_" at its end it is the beginning
// of several.
constexpr std::array kChanging{
    "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_BIND_", "GLIBC_TUNABLES", "MALLOC_",
    "JEMALLOC_", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG", "GOEXPERIMENT", "GOFLAGS",
    "GOAMD64", "GOARM64", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
    "NODE_OPTIONS", "UV_THREADPOOL_SIZE", "DOTNET_", "OMP_", "PYTHONPATH", "PYTHONOPTIMIZE",
    "TOKIO_", "GRPC_POLL_STRATEGY", "GRPC_EXPERIMENTS", "GRPC_TRACE", "GRPC_VERBOSITY",
    "RUSTFLAGS", "RUSTC_WRAPPER", "RUSTUP_TOOLCHAIN", "CARGO_PROFILE_", "CARGO_BUILD_",
    "CARGO_ENCODED_RUSTFLAGS", "CGO_", "CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS",
    "UPSTREAM_HTTP2"};
constexpr std::size_t kMostOfAValue = 200;

bool is_changing(std::string_view name) {
  return std::any_of(kChanging.begin(), kChanging.end(), [name](std::string_view known) {
    return known.ends_with('_') ? name.starts_with(known) : name == known;
  });
}

// "NAME=VALUE" of those, and the value not longer than anybody reads.
std::vector<std::string> changing(const std::string& environment) {
  std::vector<std::string> settings;
  std::istringstream all(environment);
  for (std::string setting; std::getline(all, setting, '\0');) {
    if (is_changing(setting.substr(0, setting.find('=')))) {
      settings.push_back(setting.size() > kMostOfAValue ? setting.substr(0, kMostOfAValue) + "..."
                                                        : setting);
    }
  }
  std::sort(settings.begin(), settings.end());
  return settings;
}

}  // namespace

std::vector<std::string> changing_environment() {
  return changing(read_host_text("/", "/proc/self/environ").text.value_or(""));
}

Finding check_environment(const Host& host) {
  const Check check("environment",
                    "servers, load generators and what builds peers inherit it: with another "
                    "allocator, garbage collector or library they are other programs");
  const HostText environment = read_host_text(host.root, "/proc/self/environ");
  if (!environment.text) {
    return check.unknown(environment.why);
  }
  const std::vector<std::string> settings = changing(*environment.text);
  std::vector<std::string> names;
  for (const std::string& setting : settings) {
    names.push_back(setting.substr(0, setting.find('=')));
  }
  return settings.empty()
             ? check.ok("nothing is set of what changes a program that inherits it")
             : check.warning(fmt::format("{}", fmt::join(settings, ", ")),
                             fmt::format("unset {}", fmt::join(names, " ")));
}

}  // namespace coresweep
