// What a call costs a server session, no socket or thread beside it: nanoseconds a request, and
// allocations, of which a session that runs steadily makes none.
#include <benchmark/benchmark.h>

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

// As many reads as the server's limit of streams lets be under way, made before the clock runs.
struct Round {
  std::vector<std::string> reads;
  std::string replies;
};

// state.range(0): requests a read, on one connection.
template <class Session>
void answer_a_read(benchmark::State& state) {
  const auto requests = static_cast<std::uint32_t>(state.range(0));
  const CallTemplate call = make_call_template("127.0.0.1:1", kSayHelloPath,
                                               encode_request("world"), encode_reply("world"));
  ClientSession client(call, LeanServerSession::kMaxStreams);
  Session server;
  ReadyReply handler;
  Round round{std::vector<std::string>(LeanServerSession::kMaxStreams / requests), {}};
  std::vector<FinishedCall> finished;
  std::string rest;  // what the client sends beside its calls
  client.open(rest);
  (void)server.receive(as_bytes(rest), handler, round.replies);
  const auto next_round = [&] {
    rest.clear();
    finished.clear();
    const bool answered = client.receive(as_bytes(round.replies), finished, rest);
    round.replies.clear();
    for (std::string& read : round.reads) {
      read = std::exchange(rest, {});
      for (std::uint32_t i = 0; i < requests && client.can_start(); ++i) {
        client.start_call(0, read);
      }
    }
    return answered;
  };
  std::size_t next = round.reads.size();
  std::uint64_t rounds = 0;
  std::uint64_t before = 0;
  std::uint64_t allocated = 0;
  for (auto _ : state) {
    if (next == round.reads.size()) {
      state.PauseTiming();
      const std::uint64_t now = allocated_bytes.load(std::memory_order_relaxed);
      allocated += rounds > 2 ? now - before : 0;  // the first fill buffers that all others use
      if (!next_round()) {
        state.SkipWithError("the client took a reply for wrong");
        break;
      }
      ++rounds;
      next = 0;
      before = allocated_bytes.load(std::memory_order_relaxed);
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(server.receive(as_bytes(round.reads[next++]), handler, round.replies));
  }
  if (server.counts().calls_answered != static_cast<std::uint64_t>(state.iterations()) * requests) {
    state.SkipWithError("a request was not answered");
  }
  if (std::is_same_v<Session, LeanServerSession> && allocated > 0) {
    state.SkipWithError("a steady session allocated");
  }
  const auto answered = static_cast<double>(server.counts().calls_answered);
  state.SetItemsProcessed(static_cast<std::int64_t>(answered));
  state.counters["allocated_bytes_a_request"] = static_cast<double>(allocated) / answered;
}
BENCHMARK_TEMPLATE(answer_a_read, LeanServerSession)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_TEMPLATE(answer_a_read, Nghttp2ServerSession)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_TEMPLATE(answer_a_read, NullServerSession)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
}  // namespace coresweep
