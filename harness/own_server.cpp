// Our own greeter: it says when it is ready, and counts.
#include "harness/failure.hpp"
#include "harness/server_under_test.hpp"
#include "support/cpu_set.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;
using std::chrono::nanoseconds;

constexpr nanoseconds kOwnReady = 5s;
constexpr nanoseconds kSnapshot = 2s;
constexpr nanoseconds kStopped = 5s;
constexpr nanoseconds kListenRetried = 1s;
constexpr nanoseconds kListenPause = 50ms;

class OwnServer : public ServerUnderTest {
 public:
  OwnServer(ServerStart how, Dialogue& dialogue) : how_(std::move(how)), dialogue_(dialogue) {}

  void start() override {
    auto& server = dialogue_.server;
    const auto retried_until = Clock::now() + kListenRetried;
    while (true) {
      server.process.emplace(how_.command, how_.surroundings);
      try {
        static_cast<void>(dialogue_.expect(server, "ready", kOwnReady));
        return;
      } catch (const Breakdown&) {
        if (server.process->exit_code() != kExitCannotListen) {
          throw;
        }
        // The previous trial's listeners may still be closing. Anybody else's will stay, and so
        // will an address that is not this machine's: no trial of this sweep could listen.
        if (Clock::now() >= retried_until) {
          throw Failure(server.process->last_error_line());
        }
      }
      // Its own end is no news any more.
      dialogue_.wait(Clock::now() + kListenPause);
    }
  }

  [[nodiscard]] Json read() override {
    dialogue_.tell(dialogue_.server, "snapshot");
    return dialogue_.expect(dialogue_.server, "snapshot", kSnapshot);
  }

  void stop(TrialReadings& readings) override {
    auto& server = dialogue_.server;
    dialogue_.tell(server, "stop");
    readings.server_totals = parse_server_totals(dialogue_.expect(server, "stopped", kStopped));
    dialogue_.wait_for_end(server);
    if (!server.process->ended_well()) {
      throw Breakdown{Dialogue::ending_of(server)};
    }
  }

 private:
  ServerStart how_;
  Dialogue& dialogue_;
};

}  // namespace

ServerStart server_start(const Programs& programs, const TrialSetup& setup) {
  const Cell& cell = setup.cell;
  const bool is_pinned = cell.conditions.pin == Pin::each;
  ServerStart start;
  start.command = {cell.engine == kIoUring ? programs.greeter_io_uring : programs.greeter,
                   "--architecture", cell.architecture, "--threads", std::to_string(cell.threads),
                   "--listen", setup.listen, "--pin",
                   is_pinned ? format_cpu_list(setup.server_cpus) : "none", "--http2", cell.http2,
                   "--backlog", std::to_string(cell.connections)};
  for (std::string& word : server_flags(cell.conditions)) {
    start.command.push_back(std::move(word));
  }
  // Who pins its threads itself is left the CPUs that are ours.
  if (!is_pinned) {
    start.surroundings.cpus = setup.server_cpus;
  }
  return start;
}

std::unique_ptr<ServerUnderTest> own_server(ServerStart start, Dialogue& dialogue) {
  return std::make_unique<OwnServer>(std::move(start), dialogue);
}

}  // namespace coresweep
