#include "peer.hpp"

#include <fmt/format.h>
#include <getopt.h>
#include <grpc/support/log.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "protocol/greeting.hpp"
#include "support/endpoint.hpp"
#include "support/exit.hpp"

namespace coresweep::grpcpp {
namespace {

constexpr int kMostThreads = 1024;
// A client that reads nothing more must not keep us: the harness kills after three seconds.
constexpr std::chrono::seconds kPatienceWithCalls{1};

[[noreturn]] void leave(int exit_code, const std::string& line) {
  print_error(program_invocation_short_name, line);
  std::exit(exit_code);
}

std::optional<int> parse_threads(std::string_view text) {
  int threads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && threads >= 1 && threads <= kMostThreads ? std::optional(threads) : std::nullopt;
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// grpc++ only logs why it cannot listen, in a paragraph of several lines.
std::string last_error;

void keep_error(gpr_log_func_args* log) {
  if (log->severity == GPR_LOG_SEVERITY_ERROR) {
    last_error = log->message;
  }
}

std::string why_not_listening() {
  constexpr std::string_view kReason = "os_error:\"";
  const std::size_t start = last_error.find(kReason);
  if (start == std::string::npos) {
    return "grpc++ does not say why";
  }
  const std::size_t begin = start + kReason.size();
  return last_error.substr(begin, last_error.find('"', begin) - begin);
}

}  // namespace

Options read_options(int argc, char** argv, Threads asked) {
  constexpr option kFlags[] = {{"listen", required_argument, nullptr, 'l'},
                               {"threads", required_argument, nullptr, 't'},
                               {}};
  std::string listen;
  std::optional<int> threads = 1;
  for (int flag; (flag = getopt_long(argc, argv, "", kFlags, nullptr)) != -1;) {
    if (flag == 'l') {
      listen = optarg;
    } else if (flag != 't') {
      std::exit(kExitWrongUsage);  // and getopt has said why
    } else if (asked == Threads::grpcpp_decides) {
      leave(kExitWrongUsage, "--threads: grpc++ sizes what runs callbacks by the machine's CPUs");
    } else if (threads = parse_threads(optarg); !threads) {
      leave(kExitWrongUsage, fmt::format("--threads: '{}': allowed is a whole number from 1 to {}",
                                         optarg, kMostThreads));
    }
  }
  if (optind < argc) {
    leave(kExitWrongUsage, fmt::format("'{}' is no flag", argv[optind]));
  }
  const auto endpoint = parse_endpoint(listen, PortZero::allowed);
  if (!endpoint) {
    leave(kExitWrongUsage, fmt::format("--listen: '{}' is no ADDRESS:PORT with a numeric address "
                                       "and a port from 0 to 65535",
                                       listen));
  }
  return {*endpoint, *threads};
}

void hold_back_stop_signals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_stop(const Endpoint& listen) {
  fmt::print("listening on {}\n", format_endpoint(listen.address, listen.port));
  std::fflush(stdout);
  const sigset_t signals = stop_signals();
  int which = 0;
  sigwait(&signals, &which);
}

std::unique_ptr<grpc::Server> start(grpc::ServerBuilder& builder, Endpoint& listen) {
  const std::string asked = format_endpoint(listen.address, listen.port);
  int port = 0;
  builder.AddListeningPort(asked, grpc::InsecureServerCredentials(), &port);
  // grpc++ listens with SO_REUSEPORT unless told otherwise: a left-over server would then share the
  // port, and take some of the load unseen. It has one epoll set for all its threads either way.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  gpr_set_log_function(keep_error);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  gpr_set_log_function(nullptr);
  if (server == nullptr) {
    leave(kExitCannotListen, fmt::format("cannot listen on {}: {}", asked, why_not_listening()));
  }
  listen.port = static_cast<std::uint16_t>(port);
  return server;
}

void shut_down(grpc::Server& server) {
  server.Shutdown(std::chrono::system_clock::now() + kPatienceWithCalls);
}

grpc::Status greet(const helloworld::HelloRequest& request, helloworld::HelloReply& reply) {
  if (request.reply_bytes() > kMostReplyBytes) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "reply_bytes is above 1 MiB"};
  }
  std::string& greeting = *reply.mutable_message();
  greeting = "Hello ";
  greeting += request.name();
  fit_greeting(greeting, request.reply_bytes());
  return grpc::Status::OK;
}

}  // namespace coresweep::grpcpp
