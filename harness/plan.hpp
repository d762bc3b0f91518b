// What a sweep will run: the plan with every default filled in, its cells, and their order.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/handler.hpp"
#include "harness/load_shape.hpp"
#include "harness/peer.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

inline constexpr const char* kEpoll = "epoll";
inline constexpr const char* kIoUring = "io_uring";
/// Stands where our own server's engine and http2 would: nobody asks what a peer's are.
inline constexpr const char* kPeer = "peer";

/// What is compared: one of our architectures as one program runs it, or a peer.
struct Arm {
  std::string architecture;  ///< or the peer's name
  std::string engine;
  std::string http2;

  [[nodiscard]] bool is_peer() const { return engine == kPeer; }
  bool operator==(const Arm&) const = default;
};

/// The comparison that the sweep is run for, named before it runs.
///
/// One thing differs: the architecture, or its engine, or its http2. A peer is an architecture.
/// What a call costs is the same on both sides.
struct Headline {
  std::string architecture;
  std::string http2;
  std::string against;
  std::string against_http2;
  int threads = 1;
  std::string engine = kEpoll;
  std::string against_engine = kEpoll;
  Handler handler = {};

  [[nodiscard]] Arm over() const { return {architecture, engine, http2}; }
  [[nodiscard]] Arm under() const { return {against, against_engine, against_http2}; }
};

struct Plan {
  std::string question;
  std::vector<std::string> architectures;
  std::vector<std::string> http2;  ///< at least one, each different
  std::vector<int> threads;        ///< ascending
  int connections = 0;
  int streams = 0;
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};
  int blocks = 0;
  std::optional<std::uint64_t> seed;  ///< nothing is "random": a new order each run
  std::string listen;
  bool ceiling = true;
  bool trace = false;  ///< one extra trial a cell under a tracer
  std::optional<Headline> headline;
  std::vector<std::string> engines = {kEpoll};  ///< at least one, each different
  HandlerValues handlers;
  std::vector<Peer> peers;
};

/// The engine that not every machine and not every architecture has.
struct IoUring {
  std::string unavailable = "greeter-io_uring is not built";  ///< empty when it is available
  std::vector<std::string> architectures = {};                ///< that it can run
};

/// What this machine and these programs allow a plan to say.
struct PlanContext {
  std::vector<std::string> architectures;
  std::vector<std::string> http2;
  int server_cpus = 1;
  int all_cpus = 1;
  /// Above this a listener's backlog, or a program's descriptors, would not hold them all.
  std::int64_t most_connections = 100'000;
  /// Of the architectures that hold fewer.
  std::map<std::string, std::int64_t> most_connections_of = {};
  IoUring io_uring = {};
  std::vector<Peer> peers = {};  ///< that the command line adds to the plan's
};

inline constexpr std::uint64_t kHighestSeed = 0xffff'ffff;

/// Reads a plan from `text`, the content of `file`. Throws WrongUsage, its text beginning with
/// `file`.
[[nodiscard]] Plan read_plan(const std::string& text, const std::string& file,
                             const PlanContext& context);

/// The inverse, for run.json: every field, in the plan's own words.
[[nodiscard]] Json to_json(const Plan& plan);
[[nodiscard]] Json to_json(const Headline& headline);

/// `duration` as plans and flags write it: "2500ms".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

enum class Role {
  kArm,      ///< one of the architectures under comparison
  kCeiling,  ///< the null responder: what the load generator itself can reach
};

struct Cell {
  Role role = Role::kArm;
  std::string architecture;
  std::string http2;
  int threads = 0;
  int connections = 0;
  int streams = 0;
  std::string engine = kEpoll;
  Handler handler = {};
  LoadShape load = {};

  [[nodiscard]] Arm arm() const { return {architecture, engine, http2}; }
};

/// Such as "reuseport_loops/nghttp2/t1/c64/s10"; the engine stands in it unless it is epoll or a
/// peer's, and at its end what a call costs, such as "/cpu5us", unless that is nothing.
[[nodiscard]] std::string cell_name(const Cell& cell);

/// Every arm that the plan names, by architecture, then engine, then http2; the peers last.
[[nodiscard]] std::vector<Arm> arms_of(const Plan& plan);

/// Something that the plan names and this machine, or a server, does not have.
struct Skipped {
  std::string what;
  std::string why;
};

/// Each of them once, in the plan's order.
[[nodiscard]] std::vector<Skipped> skipped_of(const Plan& plan, const PlanContext& context);
[[nodiscard]] Json to_json(const std::vector<Skipped>& skipped);

/// Every cell of the grid that is not skipped, by threads, then by handler, then in the order of
/// the arms; the ceiling last, whose calls cost nothing: it is the load generator's.
[[nodiscard]] std::vector<Cell> cells_of(const Plan& plan, const PlanContext& context);

struct PlannedTrial {
  int trial = 0;  ///< 0 is the first of the sweep
  int block = 0;
  std::size_t cell = 0;  ///< index into the cells
};

/// Blocks of one trial of every cell. Within a block thread counts come in random order, at each
/// one handler after the other, and under each all arms back to back, handlers and arms shuffled in
/// one block and mirrored in the next, so that drift and going first meet both arms of a ratio
/// alike; the ceiling falls between two thread counts. The same seed gives the same order on any
/// machine.
[[nodiscard]] std::vector<PlannedTrial> trial_order(const std::vector<Cell>& cells, int blocks,
                                                    std::uint64_t seed);

/// How long `trials` trials take, starting and stopping the programs included.
[[nodiscard]] std::chrono::nanoseconds expected_time(const Plan& plan, std::size_t trials);

}  // namespace coresweep
