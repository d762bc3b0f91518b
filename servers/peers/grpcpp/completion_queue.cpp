// grpcpp_completion_queue: we ask grpc++ what has happened.
//
//   one epoll set -> N queues, a connection has its own for life -> the one thread of each -> Call
//
// A call that comes in takes a Call that waits on its connection's queue, or on another queue where
// none does; where none waits at all, it waits itself in a list under the server's one lock.
#include <latch>
#include <optional>
#include <thread>
#include <vector>

#include "greeter.grpc.pb.h"
#include "peer.hpp"

namespace {

using namespace coresweep::grpcpp;
using Queue = grpc::ServerCompletionQueue;

// Of each queue: a call waits in the list only when every thread has a hundred before it. They are
// used in turn, so that more of them only fall out of the CPU's cache: with 4,000 (gRPC's own
// benchmark has 5,000) a CPU-second at 100 streams answered a third less.
constexpr int kWaitingCalls = 100;

class Call {
 public:
  Call(helloworld::Greeter::AsyncService& service, Queue& queue, std::latch& retired)
      : service_(service), queue_(queue), retired_(retired) {
    wait();
  }

  /// What was last asked for has happened, if `ok`.
  void proceed(bool ok) {
    if (state_ == State::answering) {
      wait();  // whether or not the client still wanted its answer
    } else if (ok) {
      answer();
    } else {
      retired_.count_down();  // no call will come: the server is shut down
    }
  }

 private:
  enum class State { waiting, answering };

  void wait() {
    state_ = State::waiting;
    context_.emplace();  // good for one call
    writer_.emplace(&*context_);
    service_.RequestSayHello(&*context_, &request_, &*writer_, &queue_, &queue_, this);
  }

  void answer() {
    state_ = State::answering;
    const grpc::Status status = greet(request_, reply_);
    writer_->Finish(reply_, status, this);
  }

  helloworld::Greeter::AsyncService& service_;
  Queue& queue_;
  std::latch& retired_;
  State state_ = State::waiting;
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<helloworld::HelloReply>> writer_;
  helloworld::HelloRequest request_;
  helloworld::HelloReply reply_;
};

void serve(Queue& queue) {
  void* call = nullptr;
  bool ok = false;
  while (queue.Next(&call, &ok)) {
    static_cast<Call*>(call)->proceed(ok);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options = read_options(argc, argv, Threads::are_asked_for);
  hold_back_stop_signals();
  helloworld::Greeter::AsyncService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<Queue>> queues;
  for (int i = 0; i < options.threads; ++i) {
    queues.push_back(builder.AddCompletionQueue());
  }
  const std::unique_ptr<grpc::Server> server = start(builder, options.listen);

  std::latch retired(options.threads * kWaitingCalls);
  std::vector<std::unique_ptr<Call>> calls;
  std::vector<std::jthread> threads;
  for (const auto& queue : queues) {
    for (int i = 0; i < kWaitingCalls; ++i) {
      calls.push_back(std::make_unique<Call>(service, *queue, retired));
    }
    threads.emplace_back(serve, std::ref(*queue));
  }
  wait_for_stop(options.listen);
  shut_down(*server);
  // A Call that asks a closed queue aborts: each has asked for the last time before they close.
  retired.wait();
  for (const auto& queue : queues) {
    queue->Shutdown();
  }
}
