// Somebody else's client, grpc++, greets the server at argv[1]; its bytes are not those that our
// own client sends. One line for each thing that went wrong, and exit code 1; else "all answered".
// With `hasty` it lets deadlines pass and cancels, so that how many calls arrive is chance; with
// `brief` it makes short calls alone, and with `names` it greets by ten at once, again and again.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "greeter.grpc.pb.h"

namespace {

using helloworld::HelloReply;
using helloworld::HelloRequest;

class Client {
 public:
  explicit Client(const char* target)
      : channel_(grpc::CreateChannel(target, grpc::InsecureChannelCredentials())),
        stub_(helloworld::Greeter::NewStub(channel_)) {}

  void greets_by_name() {
    for (const char* name : {"world", "", "J\xc3\xbcrgen"}) {
      expect_greeting(name);
    }
  }

  void greets_by_ten_names_at_once() {
    std::vector<std::thread> threads;
    for (const std::string name : {"world", "", "J\xc3\xbcrgen", "Ada", "\xe6\x9e\x97", "x y", "0",
                                   "a\nb", "\"{}\"", "Bob"}) {
      threads.emplace_back([this, name] {
        for (int i = 0; i < 20; ++i) {
          expect_greeting(name);
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }

  void greets_by_a_long_name() { expect_greeting(std::string(100'000, 'x')); }

  void takes_a_message_of_almost_four_megabytes() {
    // grpc++ itself receives no reply above 4 MB, and ours is six bytes longer than the request.
    expect_greeting(std::string((4U << 20) - 64, 'y'));
  }

  void calls_a_hundred_at_once() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([this, i] { expect_greeting("caller " + std::to_string(i)); });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  }

  void is_told_of_an_unknown_method() {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::ByteBuffer reply;
    grpc::Status status;
    const auto call = stub.PrepareUnaryCall(&context, "/helloworld.Greeter/SayGoodbye",
                                            grpc::ByteBuffer(), &queue);
    call->StartCall();
    call->Finish(&reply, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    expect(status.error_code() == grpc::StatusCode::UNIMPLEMENTED, "unknown method", status);
  }

  void is_refused_what_it_compressed() {
    grpc::ClientContext context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    HelloRequest request;
    request.set_name(std::string(10'000, 'z'));
    HelloReply reply;
    const grpc::Status status = stub_->SayHello(&context, request, &reply);
    expect(status.error_code() == grpc::StatusCode::UNIMPLEMENTED, "gzip", status);
  }

  void calls_back_a_hundred_times() {
    struct Call {
      grpc::ClientContext context;
      HelloRequest request;
      HelloReply reply;
    };
    std::vector<Call> calls(100);
    std::latch answered(static_cast<std::ptrdiff_t>(calls.size()));
    for (Call& call : calls) {
      call.request.set_name("callback");
      stub_->async()->SayHello(&call.context, &call.request, &call.reply, [&](grpc::Status status) {
        expect(status.ok() && call.reply.message() == "Hello callback", "callback", status);
        answered.count_down();
      });
    }
    answered.wait();
  }

  // A deadline may pass, or the answer may be there before: nothing else may happen.
  void hurries() {
    for (int us = 0; us < 2'000; us += 20) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(us));
      HelloRequest request;
      HelloReply reply;
      const grpc::Status status = stub_->SayHello(&context, request, &reply);
      expect_hasty(grpc::StatusCode::DEADLINE_EXCEEDED, "deadline", status);
    }
  }

  void changes_its_mind() {
    for (int us = 0; us < 1'000; us += 10) {
      grpc::ClientContext context;
      HelloRequest request;
      request.set_name(std::string(static_cast<std::size_t>(us) * 1'000, 'c'));
      HelloReply reply;
      std::latch ended(1);
      grpc::Status status;
      stub_->async()->SayHello(&context, &request, &reply, [&](grpc::Status result) {
        status = std::move(result);
        ended.count_down();
      });
      std::this_thread::sleep_for(std::chrono::microseconds(us));
      context.TryCancel();
      ended.wait();
      expect_hasty(grpc::StatusCode::CANCELLED, "cancel", status);
    }
  }

  [[nodiscard]] bool all_right() const { return errors_ == 0; }

 private:
  void expect_greeting(const std::string& name) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    HelloRequest request;
    request.set_name(name);
    HelloReply reply;
    const grpc::Status status = stub_->SayHello(&context, request, &reply);
    expect(status.ok() && reply.message() == "Hello " + name, name.substr(0, 20), status);
  }

  // A call cancelled early enough makes grpc++ reset a stream that it never opened, which RFC 9113,
  // section 6.4, wants answered with the connection's end: the next call may be lost with it.
  void expect_hasty(grpc::StatusCode code, const std::string& what, const grpc::Status& status) {
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      expect(++lost_ <= 20, what, status);
    } else {
      expect(status.ok() || status.error_code() == code, what, status);
    }
  }

  void expect(bool right, const std::string& what, const grpc::Status& status) {
    if (!right) {
      ++errors_;
      std::printf("%s: status %d %s\n", what.c_str(), static_cast<int>(status.error_code()),
                  status.error_message().c_str());
    }
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<helloworld::Greeter::Stub> stub_;
  std::atomic<int> errors_{0};
  int lost_ = 0;  // of two hundred hasty calls
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc == 3 ? argv[2] : "";
  const bool hasty = how == "hasty";
  const bool brief = how == "brief";
  const bool names = how == "names";
  if (argc != 2 && !hasty && !brief && !names) {
    std::fprintf(stderr, "usage: %s ADDRESS:PORT [hasty|brief|names]\n", argv[0]);
    return 2;
  }
  Client client(argv[1]);
  if (names) {
    client.greets_by_ten_names_at_once();
  }
  client.greets_by_name();
  if (hasty) {
    client.hurries();
    client.changes_its_mind();
  } else if (!names) {
    client.is_told_of_an_unknown_method();
    client.is_refused_what_it_compressed();
  }
  if (!hasty && !brief && !names) {
    client.greets_by_a_long_name();
    client.takes_a_message_of_almost_four_megabytes();
    client.calls_a_hundred_at_once();
    client.calls_back_a_hundred_times();
  }
  client.greets_by_name();
  if (client.all_right()) {
    std::puts("all answered");
  }
  return client.all_right() ? 0 : 1;
}
