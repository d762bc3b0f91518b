// The service itself: says hello. Decodes and encodes with protobuf, as any greeter does.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "greeter.pb.h"
#include "protocol/call_handler.hpp"
#include "servers/counters.hpp"
#include "servers/handler_cost.hpp"

namespace coresweep {

class Greeter final : public CallHandler {
 public:
  /// Its thread's counters, which must outlive it.
  explicit Greeter(ThreadCounters& counters);
  Greeter(const Greeter&) = delete;  // it refers into itself
  Greeter& operator=(const Greeter&) = delete;

  /// What a call costs from now on, beside its greeting.
  void take_on(const HandlerCost& cost) { cost_ = cost; }

  /// Stands still for the cost's stall before its next call. From any thread.
  void stall() { stalls_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] bool has_method(std::string_view path) const override;
  [[nodiscard]] CallResult call(std::string_view path, Bytes message, std::string& reply) override;
  void on_refused(Refusal what) override;

 private:
  ThreadCounters& counters_;
  // Members so that their strings are allocated once a thread, not once a call.
  helloworld::HelloRequest request_;
  helloworld::HelloReply reply_;
  std::string& greeting_;  // in reply_: "Hello " and the last name
  HandlerCost cost_;
  std::atomic<bool> stalls_{false};
};

}  // namespace coresweep
