// Somebody else's server, grpc++: our load generator has to get on with it. Prints its port, and
// serves until stdin ends; then prints what its ledger has booked.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>

#include "greeter.grpc.pb.h"
#include "ledger.grpc.pb.h"

namespace {

class Greeter final : public helloworld::Greeter::Service {
  grpc::Status SayHello(grpc::ServerContext*, const helloworld::HelloRequest* request,
                        helloworld::HelloReply* reply) override {
    reply->set_message("Hello " + request->name());
    return grpc::Status::OK;
  }
};

class Ledger final : public coresweep::test::Ledger::Service {
 public:
  void print() const {
    std::printf("{\"booked\":%lld,\"sum\":%lld,\"later_than_2020\":%lld,\"tagged\":%lld}\n",
                booked_.load(), sum_.load(), later_than_2020_.load(), tagged_.load());
  }

 private:
  grpc::Status Book(grpc::ServerContext* context, const coresweep::test::Entry* entry,
                    coresweep::test::Balance* balance) override {
    if (entry->note() == "bad") {
      return {grpc::StatusCode::INVALID_ARGUMENT, "bad"};
    }
    const auto& metadata = context->client_metadata();
    const auto tag = metadata.find("tag");
    const auto raw = metadata.find("raw-bin");
    tagged_ += tag != metadata.end() && tag->second == "seven" && raw != metadata.end() &&
               raw->second == "\xc3\xbc";
    later_than_2020_ += entry->at().seconds() > 1'577'836'800;
    ++booked_;
    balance->set_sum(
        sum_ += std::accumulate(entry->amounts().begin(), entry->amounts().end(), std::int64_t{0}));
    balance->set_note(entry->note());
    return grpc::Status::OK;
  }

  std::atomic<long long> booked_{0};
  std::atomic<long long> sum_{0};
  std::atomic<long long> later_than_2020_{0};
  std::atomic<long long> tagged_{0};
};

}  // namespace

int main() {
  Greeter greeter;
  Ledger ledger;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&greeter);
  builder.RegisterService(&ledger);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::printf("%d\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->Shutdown();
  ledger.print();
}
