// What a call costs a session, no socket or thread beside it: nanoseconds a request, and bytes
// allocated, of which a session of ours that runs steadily takes none.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/greeting.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/null_server_session.hpp"

namespace {

std::atomic<std::uint64_t> allocated_bytes{0};

}  // namespace

// In place of the C library's own, so that what nghttp2 takes is counted as well as what `new`
// does.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

void* malloc(std::size_t size) {
  allocated_bytes.fetch_add(size, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  allocated_bytes.fetch_add(count * size, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  allocated_bytes.fetch_add(size, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
}

namespace coresweep {
namespace {

// A reply ready made: protobuf is not what is measured.
class ReadyReply final : public CallHandler {
 public:
  bool has_method(std::string_view path) const override { return path == kSayHelloPath; }
  CallResult call(std::string_view, Bytes, std::string& reply) override {
    reply += reply_;
    return {};
  }

 private:
  std::string reply_ = encode_reply("world");
};

// A round is as many reads as the limit of streams lets be under way. What the other side says is
// made between rounds, when the clock stands still.
class Meter {
 public:
  explicit Meter(benchmark::State& state) : state_(state) {}

  void pause() {
    state_.PauseTiming();
    add_up();
  }
  void resume() {
    ++rounds_;
    before_ = allocated_bytes.load(std::memory_order_relaxed);
    state_.ResumeTiming();
  }
  // Of all requests the time; of those behind the first two rounds, which grow the buffers that all
  // others use, the bytes allocated.
  void report(std::uint64_t requests, std::uint64_t requests_a_round, bool must_be_steady) {
    add_up();
    if (must_be_steady && allocated_ > 0) {
      state_.SkipWithError("a steady session allocated");
    }
    const std::uint64_t growing = std::min(requests, kGrowing * requests_a_round);
    state_.counters["time_a_request"] = benchmark::Counter(
        static_cast<double>(requests), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state_.counters["allocated_bytes_a_request"] =
        requests == growing
            ? 0.0
            : static_cast<double>(allocated_) / static_cast<double>(requests - growing);
  }

 private:
  static constexpr std::uint64_t kGrowing = 2;

  void add_up() {
    if (rounds_ > kGrowing) {
      allocated_ += allocated_bytes.load(std::memory_order_relaxed) - before_;
    }
  }

  benchmark::State& state_;
  std::uint64_t rounds_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t allocated_ = 0;
};

CallTemplate say_hello() {
  return make_call_template("127.0.0.1:1", kSayHelloPath, encode_request("world"),
                            encode_reply("world"));
}

void start_calls(ClientSession& client, std::uint32_t calls, std::string& output) {
  for (std::uint32_t i = 0; i < calls && client.can_start(); ++i) {
    client.start_call({}, output);
  }
}

// state.range(0): requests a read, on one connection.
template <class Session>
void answer_a_read(benchmark::State& state) {
  const auto requests = static_cast<std::uint32_t>(state.range(0));
  const CallTemplate call = say_hello();
  ClientSession client(call, LeanServerSession::kMaxStreams);
  Session server;
  ReadyReply handler;
  std::vector<std::string> reads(LeanServerSession::kMaxStreams / requests);
  std::string replies;
  std::vector<FinishedCall> finished;
  std::string rest;  // what the client sends beside its calls
  client.open(rest);
  (void)server.receive(as_bytes(rest), handler, replies);
  const auto next_round = [&] {
    rest.clear();
    finished.clear();
    const bool answered = client.receive(as_bytes(replies), finished, rest);
    replies.clear();
    for (std::string& read : reads) {
      read = std::exchange(rest, {});
      start_calls(client, requests, read);
    }
    return answered;
  };
  Meter meter(state);
  std::size_t next = reads.size();
  for (auto _ : state) {
    if (next == reads.size()) {
      meter.pause();
      if (!next_round()) {
        state.SkipWithError("the client took a reply for wrong");
        break;
      }
      next = 0;
      meter.resume();
    }
    benchmark::DoNotOptimize(server.receive(as_bytes(reads[next++]), handler, replies));
  }
  const std::uint64_t answered = server.calls_answered();
  if (answered != static_cast<std::uint64_t>(state.iterations()) * requests) {
    state.SkipWithError("a request was not answered");
  }
  meter.report(answered, reads.size() * requests, std::is_same_v<Session, LeanServerSession>);
}
BENCHMARK_TEMPLATE(answer_a_read, LeanServerSession)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_TEMPLATE(answer_a_read, Nghttp2ServerSession)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_TEMPLATE(answer_a_read, NullServerSession)->Arg(1)->Arg(10)->Arg(100);

// The other side: state.range(0) replies a read, and as many calls started in their place.
void call_again_at_a_read_of_lean_replies(benchmark::State& state) {
  const auto replies = static_cast<std::uint32_t>(state.range(0));
  const CallTemplate call = say_hello();
  ClientSession client(call, LeanServerSession::kMaxStreams);
  LeanServerSession server;
  ReadyReply handler;
  std::vector<std::string> reads(LeanServerSession::kMaxStreams / replies);
  std::vector<std::string> sent(reads.size());
  std::vector<FinishedCall> finished;
  client.open(sent[0]);
  (void)server.receive(as_bytes(sent[0]), handler, reads[0]);
  sent[0].clear();
  (void)client.receive(as_bytes(reads[0]), finished, sent[0]);
  for (std::string& calls : sent) {
    start_calls(client, replies, calls);
  }
  Meter meter(state);
  std::uint64_t answered = 0;
  std::size_t next = reads.size();
  for (auto _ : state) {
    if (next == reads.size()) {
      meter.pause();
      for (std::size_t i = 0; i < reads.size(); ++i) {
        reads[i].clear();
        (void)server.receive(as_bytes(sent[i]), handler, reads[i]);
        sent[i].clear();
      }
      next = 0;
      meter.resume();
    }
    finished.clear();
    if (!client.receive(as_bytes(reads[next]), finished, sent[next])) {
      state.SkipWithError("the client took a reply for wrong");
      break;
    }
    start_calls(client, replies, sent[next++]);
    answered += static_cast<std::uint64_t>(std::count_if(
        finished.begin(), finished.end(),
        [](const FinishedCall& each) { return each.outcome == CallOutcome::answered; }));
  }
  if (answered != static_cast<std::uint64_t>(state.iterations()) * replies) {
    state.SkipWithError("a call was not answered");
  }
  meter.report(answered, reads.size() * replies, true);
}
BENCHMARK(call_again_at_a_read_of_lean_replies)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace coresweep
