#include "loadgen/load_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <limits>
#include <optional>

#include "protocol/greeting.hpp"
#include "support/command_line.hpp"
#include "support/cpu_set.hpp"
#include "support/duration.hpp"
#include "support/endpoint.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

constexpr int kMaxThreads = 1'024;
constexpr int kMaxConnections = 100'000;
constexpr int kMaxStreams = 1'000;
// Epoll sets, standard streams, and what the C library opens now and then.
constexpr int kOtherDescriptors = 64;

constexpr int kMostRequests = 1'000'000'000;
constexpr std::int64_t kMaxRate = 100'000'000;
constexpr std::uint32_t kMaxPhases = 1'000;
constexpr std::int64_t kMaxSeed = std::numeric_limits<std::int64_t>::max();

std::int64_t epoch_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

struct Texts {
  std::string target = "127.0.0.1:10051";
  std::string pin = "none";
  std::string mode = "closed";
  std::string warmup = "1s";
  std::string duration = "5s";
  std::string start = "now";
  std::string phase;
  std::string rate_steps;
  ServiceFlags service;
};

template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

// The readers of one flag each return the line for the operator, or nothing.
using Wrong = std::optional<std::string>;

Wrong read_target(const std::string& text, Target& target) {
  const auto endpoint = parse_host_and_port(text);
  if (!endpoint) {
    return fmt::format(
        "--target: '{}' is no HOST:PORT with a name or an address and a port from 1 "
        "to 65535",
        text);
  }
  target = {.text = text, .host = endpoint->address, .port = endpoint->port, .address = {}};
  return std::nullopt;
}

Wrong read_start(const std::string& text, LoadOptions& options) {
  if (text == "now" || text == "go") {
    options.start = text == "go" ? Start::go : Start::now;
    return std::nullopt;
  }
  const auto at = whole_number<std::int64_t>(text);
  if (!at || *at <= 0) {
    return fmt::format("--start: '{}': allowed is now, go, or nanoseconds since 1970", text);
  }
  options.start = Start::at;
  options.start_epoch_ns = *at;
  constexpr double kLongestWait = 86'400;
  const double left_s = static_cast<double>(*at - epoch_ns()) / 1e9;
  if (left_s < 0 || left_s > kLongestWait) {
    return fmt::format("--start: {} {}", text,
                       left_s < 0 ? fmt::format("passed {:.3f} s ago", -left_s)
                                  : "is more than a day away: is it in nanoseconds?");
  }
  return std::nullopt;
}

Wrong read_rate_steps(const std::string& text, std::vector<std::int64_t>& steps) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto rate = whole_number<std::int64_t>(std::string_view(text).substr(begin, end - begin));
    if (!rate || *rate < 1 || *rate > kMaxRate) {
      return fmt::format(
          "--rate-steps: '{}': allowed are whole numbers from 1 to {} with commas "
          "between them",
          text, kMaxRate);
    }
    steps.push_back(*rate);
    begin = end + 1;
  }
  return std::nullopt;
}

// What belongs to an open loop.
Wrong read_schedule(const Texts& texts, LoadOptions& options) {
  if (!texts.rate_steps.empty()) {
    if (const Wrong wrong = read_rate_steps(texts.rate_steps, options.rate_steps)) {
      return wrong;
    }
  }
  if (!texts.phase.empty()) {
    const auto phase = parse_phase(texts.phase);
    if (!phase) {
      return fmt::format("--phase: '{}': allowed is i/N with i from 1 to N, and N up to {}",
                         texts.phase, kMaxPhases);
    }
    options.phase = *phase;
  }
  options.churns = texts.mode == "churn";
  if (options.churns && options.requests_per_connection == 0) {
    options.requests_per_connection = 1;
  }
  if (texts.mode == "closed" && options.requests_per_connection > 0) {
    return "--requests-per-connection: a closed loop keeps its connections; --mode churn does not";
  }
  if (options.abortive_close && options.requests_per_connection == 0) {
    return "--abortive-close: nothing is closed before the end without --requests-per-connection";
  }
  const bool has_rate = options.rate_per_s != 0;
  const bool has_steps = !options.rate_steps.empty();
  if (texts.mode == "closed" || options.churns) {
    if (has_rate || has_steps || !texts.phase.empty()) {
      return fmt::format(
          "{}: a closed loop is as fast as the answers; --mode constant and poisson "
          "have a schedule",
          has_rate    ? "--rate"
          : has_steps ? "--rate-steps"
                      : "--phase");
    }
    return std::nullopt;
  }
  if (has_rate == has_steps) {
    return fmt::format("--mode {} needs {}, requests a second", texts.mode,
                       has_rate ? "one of --rate and --rate-steps" : "--rate or --rate-steps");
  }
  options.arrivals = texts.mode == "constant" ? Arrivals::constant : Arrivals::poisson;
  return std::nullopt;
}

// What one flag cannot know alone. Returns the line for the operator, or nothing.
Wrong complete(const Texts& texts, LoadOptions& options) {
  Wrong wrong = read_target(texts.target, options.target);
  wrong = wrong ? wrong : read_start(texts.start, options);
  wrong = wrong ? wrong : read_schedule(texts, options);
  if (wrong) {
    return wrong;
  }
  try {
    options.service = read_service_call(texts.service);
  } catch (const ServiceError& error) {
    return error.what();
  }
  options.warmup = parse_duration(texts.warmup).value();
  options.duration = parse_duration(texts.duration).value();
  if (options.connections < options.threads) {
    return fmt::format("--connections: {} leave some of --threads {} without any",
                       options.connections, options.threads);
  }
  if (std::string text = read_pin(texts.pin, options.threads, options.pin); !text.empty()) {
    return text;
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

// What is called. None: SayHello, and its answer is compared.
void add_service_options(CLI::App& app, ServiceFlags& flags) {
  app.add_option("--proto", flags.proto, "a .proto file with the method's service");
  app.add_option("--proto-path", flags.proto_paths,
                 "a folder for it and its imports; may be repeated (its own, unless told)");
  app.add_option("--method", flags.method,
                 "pkg.Service/Method: a unary one; any message is a right answer");
  app.add_option("--json", flags.json, "the request, as protobuf's JSON ({} unless told)");
  app.add_option("--json-lines", flags.json_lines, "a file with a request a line, sent in turn");
  app.add_option("--request-file", flags.request_file, "a file with the request's bytes");
  app.add_option("--metadata", flags.metadata,
                 "key=value, sent with each request; may be repeated. The value of a key that "
                 "ends in -bin is encoded");
  app.add_option("--request-bytes", flags.request_bytes, "SayHello: of the name")
      ->check(whole_number_between(1, kMostReplyBytes));
  app.add_option("--reply-bytes", flags.reply_bytes,
                 "SayHello: of the answer (our own greeter's, not --http2 null)")
      ->check(whole_number_between(1, kMostReplyBytes));
}

}  // namespace

std::optional<Share> parse_phase(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = whole_number<std::uint32_t>(text.substr(0, slash));
  const auto count = whole_number<std::uint32_t>(text.substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index < 1 || *index > *count || *count > kMaxPhases) {
    return std::nullopt;
  }
  return Share{.index = *index - 1, .count = *count};
}

std::string format_phase(const Share& phase) {
  return fmt::format("{}/{}", phase.index + 1, phase.count);
}

ReadLoadOptions read_load_options(int argc, const char* const* argv) {
  ReadLoadOptions read;
  LoadOptions& options = read.options;
  Texts texts;
  CLI::App app(
      "Calls helloworld.Greeter/SayHello or any other unary gRPC method, as fast as the answers "
      "come or at a rate fixed in advance, checks every answer, and reports.\n"
      "stdout: JSON lines. stderr: text for people.",
      "loadgen");
  app.add_option("--target", texts.target, "the server: a name or an address, and its port")
      ->capture_default_str();
  add_service_options(app, texts.service);
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
         "whatever the server does; churn: closed, on ever new connections")
      ->check(one_of({"closed", "constant", "poisson", "churn"}))
      ->capture_default_str();
  app.add_option("--rate", options.rate_per_s,
                 "constant, poisson: requests due a second, on all connections together")
      ->check(whole_number_between(1, kMaxRate));
  app.add_option("--requests-per-connection", options.requests_per_connection,
                 "constant, poisson, churn (1 unless told): then it is closed and opened again")
      ->check(whole_number_between(1, kMostRequests));
  app.add_flag("--abortive-close", options.abortive_close,
               "close by a reset, which leaves no TIME_WAIT");
  app.add_option("--seed", options.seed, "poisson: what the gaps are drawn from")
      ->check(whole_number_between(0, kMaxSeed))
      ->capture_default_str();
  app.add_option("--warmup", texts.warmup, "load that is not measured, before the window")
      ->check(duration_between("0s", "10m"))
      ->capture_default_str();
  app.add_option("--duration", texts.duration, "the measured window")
      ->check(duration_between("10ms", "10m"))
      ->capture_default_str();
  app.add_option(
      "--rate-steps", texts.rate_steps,
      "constant, poisson: several rates (1000,2000,5000), one run after another: latency "
      "against rate");
  app.add_option("--phase", texts.phase,
                 "constant, poisson: i/N, this is the i-th of N clients that share one schedule of "
                 "--rate");
  app.add_option("--start", texts.start,
                 "now; go: when that line comes on stdin; or at a time, nanoseconds since 1970. "
                 "Waiting for either, it ends when stdin does")
      ->capture_default_str();
  app.add_flag("--quiet", options.quiet, "no text for people on stderr, but errors");
  app.footer("loadgen merge A.json B.json: adds the reports of clients that ran together.");

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
