// grpcpp_callback: grpc++ calls us.
//
//   one epoll set -> the threads of one queue, as many as grpc++ likes -> SayHello()
//
// Nothing sets the number of those threads: it is half the *machine's* configured CPUs, at least 2
// and at most 16, whatever CPUs the process may run on (CallbackAlternativeCQ::Ref() in gRPC 1.51;
// ResourceQuota::SetMaxThreads() is for the synchronous API only). So there is no --threads here,
// and to run on N CPUs it is confined to them from outside.
#include "greeter.grpc.pb.h"
#include "peer.hpp"

namespace {

using namespace coresweep::grpcpp;

class Greeter final : public helloworld::Greeter::CallbackService {
  grpc::ServerUnaryReactor* SayHello(grpc::CallbackServerContext* context,
                                     const helloworld::HelloRequest* request,
                                     helloworld::HelloReply* reply) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(greet(*request, *reply));
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  Options options = read_options(argc, argv, Threads::grpcpp_decides);
  hold_back_stop_signals();
  Greeter greeter;
  grpc::ServerBuilder builder;
  builder.RegisterService(&greeter);
  const std::unique_ptr<grpc::Server> server = start(builder, options.listen);
  wait_for_stop(options.listen);
  shut_down(*server);
}
