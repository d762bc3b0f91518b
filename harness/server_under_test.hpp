// The server of a trial, ours or somebody else's: started, read at the window's edges, stopped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/dialogue.hpp"
#include "harness/programs.hpp"
#include "harness/spawn.hpp"
#include "harness/trial.hpp"
#include "harness/trial_readings.hpp"

namespace coresweep {

class ServerUnderTest {
 public:
  ServerUnderTest() = default;
  virtual ~ServerUnderTest() = default;
  ServerUnderTest(const ServerUnderTest&) = delete;
  ServerUnderTest& operator=(const ServerUnderTest&) = delete;

  /// Returns once it can be called. Throws Breakdown, and Failure when no trial could do better.
  virtual void start() = 0;

  /// What it has done so far, in the form of the greeter's `snapshot`.
  [[nodiscard]] virtual Json read() = 0;

  /// Ends it in order; what it counted over its whole life and what is to be noted go into
  /// `readings`.
  virtual void stop(TrialReadings& readings) = 0;
};

/// How a greeter is started.
struct ServerStart {
  std::vector<std::string> command;
  Surroundings surroundings = {};
};

[[nodiscard]] ServerStart server_start(const Programs& programs, const TrialSetup& setup);

/// All else that both are made of outlives them.
[[nodiscard]] std::unique_ptr<ServerUnderTest> own_server(ServerStart start, Dialogue& dialogue);
/// `setup.peer` is set.
[[nodiscard]] std::unique_ptr<ServerUnderTest> peer_server(const Programs& programs,
                                                           const TrialSetup& setup,
                                                           Dialogue& dialogue);

}  // namespace coresweep
