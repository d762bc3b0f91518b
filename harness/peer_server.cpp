// A peer: somebody else's server, of which nothing is known but its processes and its port.
#include <fmt/format.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "harness/failure.hpp"
#include "harness/group_guard.hpp"
#include "harness/port_listeners.hpp"
#include "harness/process_group.hpp"
#include "harness/server_under_test.hpp"
#include "support/cpu_set.hpp"
#include "support/endpoint.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;
using std::chrono::nanoseconds;

constexpr nanoseconds kReady = 10s;
constexpr nanoseconds kPortFree = 1s;
constexpr pid_t kNoGroup = -1;
constexpr nanoseconds kLook = 20ms;  // between two looks at its port

const char* word_of(PeerStop stop) {
  switch (stop) {
    case PeerStop::kTerminate:
      return "SIGTERM";
    case PeerStop::kInterrupt:
      return "SIGINT";
    case PeerStop::kEndOfStdin:
      return "the end of stdin";
  }
  return "";  // never reached
}

class PeerServer : public ServerUnderTest {
 public:
  PeerServer(const Programs& programs, const TrialSetup& setup, Dialogue& dialogue)
      : programs_(programs),
        setup_(setup),
        peer_(*setup.peer),
        dialogue_(dialogue),
        endpoint_(parse_endpoint(setup.listen, PortZero::refused).value()) {
    dialogue.server.name = "peer " + peer_.name;
    dialogue.server.means = Dialogue::Stdout::kIgnored;
  }

  void start() override {
    require_free_port();
    auto& server = dialogue_.server;
    try {
      server.process.emplace(filled_in(peer_.start, placeholders()),
                             Surroundings{peer_.folder, setup_.server_cpus});
    } catch (const Failure& failure) {  // a program of another machine: other peers have theirs
      throw Breakdown{fmt::format("peer {}: {}", peer_.name, failure.what())};
    }
    guard_.emplace(group());
    await_ready();
    require_its_own_listeners();
  }

  [[nodiscard]] Json read() override {
    Json reading = read_process_group(group());
    if (const auto outside = thread_outside(group(), setup_.server_cpus); !outside.empty()) {
      throw Breakdown{fmt::format("peer {}: {}", peer_.name, outside)};
    }
    return reading;
  }

  void stop(TrialReadings& readings) override {
    dialogue_.require_running();
    require_its_own_listeners();  // again: it may begin to listen before it has its workers
    ChildProcess& process = *dialogue_.server.process;
    switch (peer_.stop) {
      case PeerStop::kTerminate:
        process.tell(SIGTERM);
        break;
      case PeerStop::kInterrupt:
        process.tell(SIGINT);
        break;
      case PeerStop::kEndOfStdin:
        process.close_stdin();
        break;
    }
    const auto deadline = Clock::now() + ChildProcess::kGrace;
    while (!process.has_ended() && Clock::now() < deadline) {
      dialogue_.wait(deadline);
      process.discard_output();
    }
    if (!process.has_ended()) {
      process.kill_now();
      readings.notes.push_back(fmt::format(
          "peer {} ignored {} for {} s and was killed", peer_.name, word_of(peer_.stop),
          std::chrono::duration_cast<std::chrono::seconds>(ChildProcess::kGrace).count()));
    }
    guard_.reset();
  }

 private:
  [[nodiscard]] pid_t group() const { return dialogue_.server.process->pid(); }

  [[nodiscard]] Placeholders placeholders() const {
    Placeholders values = folders_of(peer_, programs_.coresweep);
    values["listen"] = setup_.listen;
    values["address"] = endpoint_.address;
    values["port"] = std::to_string(endpoint_.port);
    values["threads"] = std::to_string(setup_.cell.threads);
    values["cpus"] = format_cpu_list(setup_.server_cpus);
    return values;
  }

  // On a port with SO_REUSEPORT the kernel would let it in beside a stranger, who then had a share
  // of the connections.
  void require_free_port() {
    const auto until = Clock::now() + kPortFree;
    for (auto others = listeners_at(endpoint_); !others.empty();
         others = listeners_at(endpoint_)) {
      if (Clock::now() >= until) {
        const std::string holder = holder_outside(kNoGroup, others);
        throw Failure(fmt::format("{} is in use by another listener (the plan's listen){}{}",
                                  setup_.listen, holder.empty() ? "" : ", by ", holder));
      }
      dialogue_.wait(Clock::now() + kLook);
    }
  }

  // What it wrote since the last look.
  bool has_said_ready() {
    ChildProcess& process = *dialogue_.server.process;
    bool said = peer_.ready_line.empty();
    while (const auto line = process.take_line()) {
      said = said || line->find(peer_.ready_line) != std::string::npos;
    }
    errors_ += process.take_errors();
    said = said || errors_.find(peer_.ready_line) != std::string::npos;
    errors_.erase(0, errors_.size() - std::min(errors_.size(), peer_.ready_line.size()));
    return said;
  }

  void await_ready() {
    const auto deadline = Clock::now() + kReady;
    auto next_look = Clock::now();
    bool said = false;
    while (true) {
      said = has_said_ready() || said;
      // Not whenever it says something, which may be megabytes: the look is what takes long.
      if (Clock::now() >= next_look) {
        if (said && !listeners_at(endpoint_).empty()) {
          return;
        }
        next_look = Clock::now() + kLook;
      }
      dialogue_.require_running();
      if (dialogue_.server.process->line_is_too_long()) {
        dialogue_.server.process->discard_output();
      }
      if (Clock::now() >= deadline) {
        throw Breakdown{said ? fmt::format("the peer {} did not listen on {} within {}", peer_.name,
                                           setup_.listen, format_duration(kReady))
                             : fmt::format("the peer {} wrote no line with \"{}\" within {}",
                                           peer_.name, peer_.ready_line, format_duration(kReady))};
      }
      dialogue_.wait(std::min<Clock::time_point>(deadline, next_look));
    }
  }

  // Answers of anybody else would be counted as its own, and whoever has left its group is neither
  // read nor ended with it.
  void require_its_own_listeners() {
    const auto own = sockets_of_group(group());
    const auto listeners = listeners_at(endpoint_);
    if (const auto holder = holder_outside(group(), listeners); !holder.empty()) {
      throw Breakdown{fmt::format("peer {}: {} has its listener and is not in its process group",
                                  peer_.name, holder)};
    }
    for (const std::uint64_t inode : listeners) {
      if (own.count(inode) == 0) {
        throw Breakdown{fmt::format("{} has a listener that is not of the peer {}'s processes",
                                    setup_.listen, peer_.name)};
      }
    }
  }

  const Programs& programs_;
  const TrialSetup& setup_;
  const Peer& peer_;
  Dialogue& dialogue_;
  Endpoint endpoint_;
  std::optional<GroupGuard> guard_;
  std::string errors_;  ///< the end of its stderr, in which ready_line may have begun
};

}  // namespace

std::unique_ptr<ServerUnderTest> peer_server(const Programs& programs, const TrialSetup& setup,
                                             Dialogue& dialogue) {
  return std::make_unique<PeerServer>(programs, setup, dialogue);
}

}  // namespace coresweep
