#include "loadgen/load_options.hpp"

#include <limits>

#include "loadgen/option_texts.hpp"
#include "protocol/greeting.hpp"
#include "support/command_line.hpp"

namespace coresweep {
namespace {

constexpr int kMaxThreads = 1'024;
constexpr int kMaxConnections = 100'000;
constexpr int kMaxStreams = 1'000;
constexpr int kMostRequests = 1'000'000'000;
constexpr std::int64_t kMaxSeed = std::numeric_limits<std::int64_t>::max();

// An empty text is one that was given: CLI11 itself takes it for none.
void add_text(CLI::App& app, const std::string& flag, std::optional<std::string>& text,
              const std::string& description) {
  app.add_option_function<std::string>(
      flag, [&text](const std::string& given) { text = given; }, description);
}

// What is called. None: SayHello, and its answer is compared.
void add_service_options(CLI::App& app, ServiceFlags& flags) {
  add_text(app, "--proto", flags.proto, "a .proto file with the method's service");
  app.add_option("--proto-path", flags.proto_paths,
                 "a folder for it and its imports; may be repeated (its own, unless told)");
  add_text(app, "--method", flags.method,
           "pkg.Service/Method: a unary one; any message is a right answer");
  add_text(app, "--json", flags.json, "the request, as protobuf's JSON ({} unless told)");
  add_text(app, "--json-lines", flags.json_lines, "a file with a request a line, sent in turn");
  add_text(app, "--request-file", flags.request_file, "a file with the request's bytes");
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

ReadLoadOptions read_load_options(int argc, const char* const* argv) {
  ReadLoadOptions read;
  LoadOptions& options = read.options;
  OptionTexts texts;
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
  app.add_option("--idle-connections", options.idle_connections,
                 "opened beside them and never used")
      ->check(whole_number_between(0, kMaxConnections))
      ->capture_default_str();
  add_text(app, "--hot-connections", texts.hot_connections,
           "constant, poisson: 10%:90%: a tenth of the connections has nine tenths of the "
           "load; zipf:1.1: by Zipf's law. All the same, unless told");
  app.add_option("--streams", options.streams,
                 "requests in flight a connection (no more than it has in all)")
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
  app.add_option("--think-time", texts.think_time,
                 "closed, churn: a stream's mean pause before it sends again, drawn exponentially")
      ->check(duration_between("0s", "10m"))
      ->capture_default_str();
  app.add_option(
         "--client-work", texts.client_work,
         "20% or 500ns: each request costs the client so much more CPU. If that makes it slower, "
         "the client was the limit")
      ->capture_default_str();
  app.add_option("--seed", options.seed,
                 "what is drawn is drawn from it: gaps, pauses, connections")
      ->check(whole_number_between(0, kMaxSeed))
      ->capture_default_str();
  app.add_option("--warmup", texts.warmup, "load that is not measured, before the window")
      ->check(duration_between("0s", "10m"))
      ->capture_default_str();
  app.add_option("--duration", texts.duration, "the measured window")
      ->check(duration_between("10ms", "10m"))
      ->capture_default_str();
  add_text(app, "--rate-steps", texts.rate_steps,
           "constant, poisson: several rates (1000,2000,5000), one run after another: latency "
           "against rate");
  add_text(app, "--phase", texts.phase,
           "constant, poisson: i/N, this is the i-th of N clients that share one schedule of "
           "--rate");
  app.add_option("--start", texts.start,
                 "now; go: when that line comes on stdin, or at the time behind it (go EPOCH_NS); "
                 "or at a time, nanoseconds since 1970. With go it ends when stdin does; with a "
                 "time, when a pipe or socket there does")
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
