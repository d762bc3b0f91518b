// What both programs have in common, so that `diff callback.cpp completion_queue.cpp` shows two
// ways to answer and nothing else.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "greeter.pb.h"
#include "support/endpoint.hpp"

namespace coresweep::grpcpp {

enum class Threads { grpcpp_decides, are_asked_for };

struct Options {
  Endpoint listen;
  int threads = 1;
};

/// Leaves with one line and exit code 2 when a flag is wrong.
[[nodiscard]] Options read_options(int argc, char** argv, Threads asked);

/// From here on SIGTERM and SIGINT wait for wait_for_stop(). To be called before grpc++ has started
/// any thread, as threads inherit what is held back.
void hold_back_stop_signals();

/// Listens; a port 0 becomes the one that it got. Leaves with one line and exit code 3 when the
/// address is taken or not ours.
[[nodiscard]] std::unique_ptr<grpc::Server> start(grpc::ServerBuilder& builder, Endpoint& listen);

/// Prints `listening on ADDRESS:PORT`, and returns once it is told to stop.
void wait_for_stop(const Endpoint& listen);

/// Takes no new call, and waits for those under way as long as a client can be waited for.
void shut_down(grpc::Server& server);

/// Fills in `reply`.
[[nodiscard]] grpc::Status greet(const helloworld::HelloRequest& request,
                                 helloworld::HelloReply& reply);

}  // namespace coresweep::grpcpp
