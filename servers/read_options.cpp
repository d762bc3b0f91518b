#include "servers/read_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "protocol/greeting.hpp"
#include "servers/architecture.hpp"
#include "servers/engine.hpp"
#include "support/command_line.hpp"
#include "support/cpu_set.hpp"
#include "support/duration.hpp"
#include "support/endpoint.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

// Descriptors that are no connections: listeners, epoll sets and event descriptors of every loop,
// standard streams.
constexpr int kOtherDescriptors = 64;
constexpr int kDescriptorsPerThread = 4;
// Once a second: a thread that never did anything else would be no thread.
constexpr std::chrono::milliseconds kLongestStall{900};

struct Texts {
  std::string listen = "127.0.0.1:10051";
  std::string pin = "none";
  std::string http2 = kHttp2Names.front().name;
  std::string patience = "60s";
  std::string handler_cpu = "0ns";
  std::string handler_wait = "0ns";
  std::string stall = "none";
};

// "THREAD:TIME" or "none". Returns the line for the operator, or an empty one.
std::string read_stall(const std::string& text, ServerOptions& options) {
  if (text == "none") {
    return {};
  }
  int thread = -1;
  const char* const end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, thread);
  std::optional<std::chrono::nanoseconds> time;
  if (error == std::errc() && behind != end && *behind == ':') {
    time = parse_duration(std::string_view(behind + 1, end));
  }
  if (!time || thread < 0 || thread >= options.threads || time->count() <= 0 ||
      *time > kLongestStall) {
    return fmt::format(
        "--stall-thread: '{}' is neither none nor THREAD:TIME with a thread from 0 to {} and a "
        "time up to 900ms",
        text, options.threads - 1);
  }
  options.stall = {.thread = thread, .time = *time};
  return {};
}

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const Architecture& each : architectures()) {
    names.emplace_back(each.name);
  }
  return names;
}

std::vector<std::string> http2_names() {
  std::vector<std::string> names;
  for (const Http2Name& each : kHttp2Names) {
    names.emplace_back(each.name);
  }
  return names;
}

// What one flag cannot know alone. Returns the line for the operator, or nothing.
std::optional<std::string> complete(const Texts& texts, ServerOptions& options) {
  const Architecture* const architecture = find_architecture(options.architecture);
  if (architecture == nullptr) {
    return fmt::format("--architecture: '{}' is unknown: allowed are {}", options.architecture,
                       fmt::join(architecture_names(), ", "));
  }
  if (!architecture->is_here) {
    return fmt::format("--architecture: {} waits by itself and knows no {}: allowed are {}",
                       options.architecture, engine_name(),
                       fmt::join(architecture_names(), ", "));
  }
  const auto address = parse_endpoint(texts.listen, PortZero::allowed);
  if (!address) {
    return fmt::format(
        "--listen: '{}' is no ADDRESS:PORT with a numeric address and a port from 0 "
        "to 65535",
        texts.listen);
  }
  options.listen = {boost::asio::ip::make_address(address->address), address->port};
  for (const auto& [name, http2] : kHttp2Names) {
    options.http2 = texts.http2 == name ? http2 : options.http2;
  }
  options.patience =
      std::chrono::ceil<std::chrono::seconds>(parse_duration(texts.patience).value());
  if (options.http2 == Http2::null && options.reply_bytes > 0) {
    return "--reply-bytes: the null responder has one reply (--http2 null)";
  }
  options.handler_cpu = parse_duration(texts.handler_cpu).value();
  options.handler_wait = parse_duration(texts.handler_wait).value();
  if (std::string wrong = read_stall(texts.stall, options); !wrong.empty()) {
    return wrong;
  }
  if (std::string wrong = read_pin(texts.pin, options.threads, options.pin); !wrong.empty()) {
    return wrong;
  }
  const int room = raise_open_files() - kOtherDescriptors - kDescriptorsPerThread * options.threads;
  if (room <= 0) {
    return fmt::format(
        "--threads: the limit of open files leaves no room for connections beside "
        "{} threads: raise it (ulimit -n)",
        options.threads);
  }
  if (options.max_connections == 0) {
    options.max_connections = room;
  } else if (options.max_connections > room) {
    return fmt::format("--max-connections: {} is above what the limit of open files leaves: {}",
                       options.max_connections, room);
  }
  return std::nullopt;
}

// Wanted on purpose, as to see what it costs: said, not refused. A plan and --pin refuse it.
void warn_of_crowded_cpus(const ServerOptions& options) {
  const std::vector<int> cpus = allowed_cpus();
  if (static_cast<std::size_t>(options.threads) > cpus.size()) {
    print_error("greeter", fmt::format("warning: --threads {} is more than the {} {} that this "
                                       "process may run on: {}",
                                       options.threads, cpus.size(),
                                       cpus.size() == 1 ? "CPU" : "CPUs", format_cpu_list(cpus)));
  }
}

}  // namespace

ReadServerOptions read_server_options(int argc, const char* const* argv) {
  ReadServerOptions read;
  ServerOptions& options = read.options;
  Texts texts;
  bool list = false;
  bool stay = false;

  CLI::App app(
      "Serves helloworld.Greeter/SayHello (gRPC over cleartext HTTP/2) until stopped.\n"
      "stdin: snapshot, stop; its end is stop. stdout: JSON lines.",
      "greeter");
  app.add_flag("--list", list, "print the architectures and leave");
  app.add_option("--architecture", options.architecture,
                 fmt::format("how loops, listeners, connections and threads are arranged: {}",
                             fmt::join(architecture_names(), ", ")));
  app.add_option("--threads", options.threads,
                 "serving threads; more than the CPUs it may run on: with a warning")
      ->check(whole_number_between(1, kMaxThreads))
      ->capture_default_str();
  app.add_option("--listen", texts.listen, "numeric address and port; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--pin", texts.pin, "none, or CPUs: thread i runs on the i-th in the order given")
      ->capture_default_str();
  app.add_option("--http2", texts.http2, "who speaks HTTP/2; null answers without looking")
      ->check(one_of(http2_names()))
      ->capture_default_str();
  app.add_option("--backlog", options.backlog, "of each listener; 0: as the kernel allows")
      ->check(whole_number_between(0, 1 << 20))
      ->capture_default_str();
  app.add_flag("--divide-backlog", options.divides_backlog,
               "among the listeners, in place of that much for each")
      ->needs("--backlog");
  app.add_option("--max-connections", options.max_connections,
                 "open at once, in each process; 0: what the limit of open files leaves room for")
      ->check(whole_number_between(0, 1 << 20))
      ->capture_default_str();
  app.add_option("--patience", texts.patience,
                 "with a connection that begins something and finishes nothing; whole seconds")
      ->check(duration_between("1s", "60m"))
      ->capture_default_str();
  app.add_option("--handler-cpu", texts.handler_cpu, "CPU time that each call takes on purpose")
      ->check(duration_between("0ns", "10ms"))
      ->capture_default_str();
  app.add_option("--handler-wait", texts.handler_wait,
                 "that each call waits before it is answered: one timer a batch, and what comes on "
                 "that connection meanwhile waits for the next")
      ->check(duration_between("0ns", "100ms"))
      ->capture_default_str();
  app.add_option("--reply-bytes", options.reply_bytes,
                 "size of a greeting whose request asks for none; 0: hello and the name")
      ->check(whole_number_between(0, kMostReplyBytes))
      ->capture_default_str();
  app.add_option("--stall-thread", texts.stall,
                 "none, or THREAD:TIME: that thread stands still so long in a call, once a second")
      ->capture_default_str();
  app.add_flag("--stay", stay, "serve on when stdin ends");

  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    read.exit_code = *exit_code;
    return read;
  }
  if (list) {
    read.asked_for = AskedFor::list;
    return read;
  }
  options.stdin_end = stay ? StdinEnd::ignored : StdinEnd::stops;
  if (const auto wrong = complete(texts, options)) {
    print_error("greeter", *wrong);
    read.exit_code = kExitWrongUsage;
    return read;
  }
  warn_of_crowded_cpus(options);
  read.asked_for = AskedFor::serving;
  return read;
}

}  // namespace coresweep
