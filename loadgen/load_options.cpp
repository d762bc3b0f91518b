#include "loadgen/load_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "support/command_line.hpp"
#include "support/cpu_set.hpp"
#include "support/duration.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

constexpr int kMaxThreads = 1'024;
constexpr int kMaxConnections = 100'000;
constexpr int kMaxStreams = 1'000;
// Epoll sets, standard streams, and what the C library opens now and then.
constexpr int kOtherDescriptors = 64;

constexpr std::int64_t kMaxRate = 100'000'000;
constexpr std::int64_t kMaxSeed = std::numeric_limits<std::int64_t>::max();

struct Texts {
  std::string target = "127.0.0.1:10051";
  std::string pin = "none";
  std::string mode = "closed";
  std::string warmup = "1s";
  std::string duration = "5s";
  std::string start = "now";
};

// What one flag cannot know alone. Returns the line for the operator, or nothing.
std::optional<std::string> complete(const Texts& texts, LoadOptions& options) {
  const auto target = parse_endpoint(texts.target, PortZero::refused);
  if (!target) {
    return fmt::format(
        "--target: '{}' is no ADDRESS:PORT with a numeric address and a port from 1 "
        "to 65535",
        texts.target);
  }
  options.target = *target;
  options.warmup = parse_duration(texts.warmup).value();
  options.duration = parse_duration(texts.duration).value();
  options.start = texts.start == "go" ? Start::go : Start::now;
  if (texts.mode == "closed") {
    if (options.rate_per_s != 0) {
      return "--rate: a closed loop is as fast as the answers; --mode constant and poisson have "
             "one";
    }
  } else if (options.rate_per_s == 0) {
    return fmt::format("--mode {} needs --rate, requests a second", texts.mode);
  } else {
    options.arrivals = texts.mode == "constant" ? Arrivals::constant : Arrivals::poisson;
  }
  if (options.connections < options.threads) {
    return fmt::format("--connections: {} leave some of --threads {} without any",
                       options.connections, options.threads);
  }
  if (std::string wrong = read_pin(texts.pin, options.threads, options.pin); !wrong.empty()) {
    return wrong;
  }
  const int room = raise_open_files() - kOtherDescriptors - options.threads;
  if (options.connections > room) {
    return fmt::format(
        "--connections: {} is above what the limit of open files leaves: {} "
        "(ulimit -n)",
        options.connections, std::max(room, 0));
  }
  return std::nullopt;
}

}  // namespace

ReadLoadOptions read_load_options(int argc, const char* const* argv) {
  ReadLoadOptions read;
  LoadOptions& options = read.options;
  Texts texts;
  CLI::App app(
      "Calls helloworld.Greeter/SayHello, as fast as the answers come or at a rate fixed in "
      "advance, "
      "checks every answer, and reports.\nstdout: JSON lines.",
      "loadgen");
  app.add_option("--target", texts.target, "numeric address and port of the server")
      ->capture_default_str();
  app.add_option("--connections", options.connections, "shared out evenly over the threads")
      ->check(whole_number_between(1, kMaxConnections))
      ->capture_default_str();
  app.add_option("--streams", options.streams, "requests in flight a connection")
      ->check(whole_number_between(1, kMaxStreams))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "load threads")
      ->check(whole_number_between(1, kMaxThreads))
      ->capture_default_str();
  app.add_option("--pin", texts.pin, "none, or CPUs: thread i runs on the i-th in the order given")
      ->capture_default_str();
  app.add_option(
         "--mode", texts.mode,
         "closed: each stream sends again when it is answered; constant, poisson: at --rate, "
         "whatever the server does")
      ->check(one_of({"closed", "constant", "poisson"}))
      ->capture_default_str();
  app.add_option("--rate", options.rate_per_s,
                 "constant, poisson: requests due a second, on all connections together")
      ->check(whole_number_between(1, kMaxRate));
  app.add_option("--seed", options.seed, "poisson: what the gaps are drawn from")
      ->check(whole_number_between(0, kMaxSeed))
      ->capture_default_str();
  app.add_option("--warmup", texts.warmup, "load that is not measured, before the window")
      ->check(duration_between("0s", "10m"))
      ->capture_default_str();
  app.add_option("--duration", texts.duration, "the measured window")
      ->check(duration_between("10ms", "10m"))
      ->capture_default_str();
  app.add_option("--start", texts.start, "now, or go: when that line comes on stdin")
      ->check(one_of({"now", "go"}))
      ->capture_default_str();

  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    read.exit_code = *exit_code;
    return read;
  }
  if (const auto wrong = complete(texts, options)) {
    print_error("loadgen", *wrong);
    read.exit_code = kExitWrongUsage;
    return read;
  }
  read.goes_on = true;
  return read;
}

}  // namespace coresweep
