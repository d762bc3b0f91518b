// What a call costs on purpose, beside its greeting: the work that a real handler would do.
#pragma once

#include <chrono>
#include <cstdint>

#include "servers/server_options.hpp"
#include "support/cpu_rounds.hpp"

namespace coresweep {

class HandlerCost {
 public:
  HandlerCost() = default;
  /// CPU time is turned into rounds of work here, once for all threads: it takes some milliseconds.
  explicit HandlerCost(const ServerOptions& options)
      : is_any_(options.handler_cpu.count() > 0 || options.reply_bytes > 0 ||
                options.stall.time.count() > 0),
        rounds_(options.handler_cpu.count() > 0
                    ? static_cast<std::uint64_t>(static_cast<double>(options.handler_cpu.count()) /
                                                 ns_a_round())
                    : 0),
        reply_bytes_(options.reply_bytes),
        stall_(options.stall.time) {}

  [[nodiscard]] bool is_any() const { return is_any_; }
  /// Of replies to requests that ask for none; 0: the greeting's own length.
  [[nodiscard]] std::uint32_t reply_bytes() const { return reply_bytes_; }
  void spend() const { spend_rounds(rounds_); }
  [[nodiscard]] std::chrono::nanoseconds stall() const { return stall_; }

 private:
  bool is_any_ = false;
  std::uint64_t rounds_ = 0;
  std::uint32_t reply_bytes_ = 0;
  std::chrono::nanoseconds stall_{0};
};

}  // namespace coresweep
