// greeter: serves helloworld.Greeter/SayHello with one architecture until it is told to stop.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "servers/architecture.hpp"
#include "servers/engine.hpp"
#include "servers/listen_on.hpp"
#include "servers/read_options.hpp"
#include "servers/server.hpp"
#include "support/exit.hpp"
#include "support/json_lines.hpp"

namespace coresweep {
namespace {

int print_list() {
  std::vector<Json> lines;
  for (const Architecture& each : architectures()) {
    lines.push_back({{"architecture", each.name}, {"summary", each.summary}});
    if (each.most_connections > 0) {
      lines.back()["most_connections"] = each.most_connections;
    }
  }
  for (const Http2Name& each : kHttp2Names) {
    lines.push_back({{"http2", each.name}});
  }
  const std::string complaint = engine_complaint();
  lines.push_back({{"engine", engine_name()}, {"available", complaint.empty()}});
  if (!complaint.empty()) {
    lines.back()["why"] = complaint;
  }
  for (const Json& line : lines) {
    if (!write_json_line(STDOUT_FILENO, line)) {
      print_error("greeter", fmt::format("standard output: {}", std::strerror(errno)));
      return kExitFailed;
    }
  }
  return kExitDone;
}

int serve(ServerOptions options) {
  if (const std::string complaint = engine_complaint(); !complaint.empty()) {
    print_error("greeter", complaint);
    return kExitFailed;
  }
  const Architecture& architecture = *find_architecture(options.architecture);
  try {
    Server server(std::move(options));
    architecture.serve(server);
    return kExitDone;
  } catch (const ListenError& error) {
    print_error("greeter", error.what());
    return kExitCannotListen;
  } catch (const std::exception& error) {
    print_error("greeter", error.what());
    return kExitFailed;
  }
}

}  // namespace
}  // namespace coresweep

int main(int argc, char** argv) {
  using namespace coresweep;
  keep_standard_descriptors_taken();
  const ReadServerOptions read = read_server_options(argc, argv);
  switch (read.asked_for) {
    case AskedFor::list:
      return print_list();
    case AskedFor::serving:
      return serve(read.options);
    case AskedFor::nothing:
      return read.exit_code;
  }
}
