// One side of a trial on this host: its server or its load generator, as the controller orders it
// word by word (harness/agent_protocol.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "harness/dialogue.hpp"
#include "harness/host_window.hpp"
#include "harness/network_counters.hpp"
#include "harness/programs.hpp"
#include "harness/server_under_test.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

class AgentTrial {
 public:
  /// `device` is what the trials go over; empty for none. All of them outlive it.
  AgentTrial(const Programs& programs, std::string device, const StopSignals& signals);

  /// Does what `word` says and returns the reply to it. What goes wrong within the trial is a
  /// reply, too, and its program has ended then. Throws WrongUsage for a word that is none or not
  /// due, and Interrupted: then `abandon` is due, or its end, which ends what it runs.
  [[nodiscard]] Json answer(const Json& word);

 private:
  enum class Doing { kNothing, kServing, kLoading };

  [[nodiscard]] Json carry_out(const Json& word);
  [[nodiscard]] Json serve(const Json& word);
  [[nodiscard]] Json window(const Json& word);
  [[nodiscard]] Json stop();
  [[nodiscard]] Json load(const Json& word);
  [[nodiscard]] Json go(const Json& word);

  void require(Doing doing, const Json& word) const;
  /// Returns how much later it is, in ns.
  [[nodiscard]] std::int64_t wait_for(std::int64_t epoch_ns);
  /// Ends whatever runs. Returns the end of its stderr.
  std::string end_all();

  const Programs& programs_;
  const std::string device_;
  Dialogue dialogue_;
  Doing doing_ = Doing::kNothing;
  std::unique_ptr<ServerUnderTest> server_;
  NetworkCounters network_before_;  ///< once it serves, before anybody connects
};

}  // namespace coresweep
