#include "servers/greeter.hpp"

#include <cstdint>
#include <thread>

#include "protocol/greeting.hpp"

namespace coresweep {

namespace {

constexpr std::string_view kHello = "Hello ";

}  // namespace

Greeter::Greeter(ThreadCounters& counters)
    : counters_(counters), greeting_(*reply_.mutable_message()) {
  greeting_ = kHello;
}

bool Greeter::has_method(std::string_view path) const { return path == kSayHelloPath; }

CallResult Greeter::call(std::string_view, Bytes message, std::string& reply) {
  // Partial: no field of ours is required, so there is nothing more to check.
  if (!request_.ParsePartialFromArray(message.data(), static_cast<int>(message.size()))) {
    return {GrpcStatus::internal, "the message is no helloworld.HelloRequest"};
  }
  if (request_.reply_bytes() > kMostReplyBytes) {
    return {GrpcStatus::resource_exhausted, "reply_bytes is above 1 MiB"};
  }
  std::uint32_t reply_bytes = request_.reply_bytes();
  if (cost_.is_any()) {
    if (stalls_.load(std::memory_order_relaxed) &&
        stalls_.exchange(false, std::memory_order_relaxed)) {
      std::this_thread::sleep_for(cost_.stall());
    }
    cost_.spend();
    reply_bytes = reply_bytes == 0 ? cost_.reply_bytes() : reply_bytes;
  }
  // "Hello " may have been cut by the last one.
  greeting_.assign(kHello);
  greeting_ += request_.name();
  fit_greeting(greeting_, reply_bytes);
  // What AppendToString does without its checks: a reply is as long as a request or its
  // reply_bytes, which have their limits.
  const std::size_t start = reply.size();
  reply.resize(start + reply_.ByteSizeLong());
  reply_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(reply.data() + start));
  return {};
}

void Greeter::on_refused(Refusal what) {
  switch (what) {
    case Refusal::stream:
      counters_.streams_refused.add(1);
      return;
    case Refusal::header_list:
      counters_.headers_too_large.add(1);
      return;
    case Refusal::message:
      counters_.messages_too_large.add(1);
      return;
  }
}

}  // namespace coresweep
