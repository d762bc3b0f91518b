// What a sweep will run: the plan with every default filled in, its cells, and their order.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/conditions.hpp"
#include "harness/load_values.hpp"
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
/// What a call costs, and the load, are the same on both sides.
struct Headline {
  std::string architecture;
  std::string http2;
  std::string against;
  std::string against_http2;
  int threads = 1;
  std::string engine = kEpoll;
  std::string against_engine = kEpoll;
  Conditions conditions = {};
  LoadPoint load = {};

  [[nodiscard]] Arm over() const { return {architecture, engine, http2}; }
  [[nodiscard]] Arm under() const { return {against, against_engine, against_http2}; }
  bool operator==(const Headline&) const = default;
};

struct Plan {
  std::string question;
  std::vector<std::string> architectures;
  std::vector<std::string> http2;  ///< at least one, each different
  std::vector<int> threads;        ///< ascending
  LoadValues load;
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};
  int blocks = 0;
  std::optional<std::uint64_t> seed;  ///< nothing is "random": a new order each run
  std::string listen;
  bool ceiling = true;
  bool trace = false;  ///< one extra trial a cell under a tracer
  std::optional<Headline> headline;
  std::vector<std::string> engines = {kEpoll};  ///< at least one, each different
  ConditionValues conditions;
  std::vector<Peer> peers;
  /// Physical cores that serve, the others load; not told: half of them.
  std::optional<int> server_cores = {};
  int twin_blocks = 0;    ///< before the others: what limits each cell; 0 leaves them out
  bool controls = false;  ///< the headline's arm once more as it is, and once with a known cost
  int reruns = 0;         ///< of neighbours that the host spoilt, each
  /// Ends at the first look at which the headline's interval is so narrow, by share; `blocks` are
  /// then those of the last look.
  std::optional<double> until_ci = {};
  /// Searches in every block for the highest rate whose 99th percentile, from due, is within this.
  std::optional<std::chrono::nanoseconds> capacity_p99 = {};
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
  int server_cpus = 1;  ///< unless the plan divides them otherwise
  int all_cpus = 1;
  /// Of a plan that names its server's cores: how many CPUs the first 1, 2, ... have.
  std::vector<int> server_set_sizes = {};
  /// Above this a listener's backlog, or a program's descriptors, would not hold them all.
  std::int64_t most_connections = 100'000;
  /// Of the architectures that hold fewer.
  std::map<std::string, std::int64_t> most_connections_of = {};
  IoUring io_uring = {};
  std::vector<Peer> peers = {};  ///< that the command line adds to the plan's
  bool load_has_hosts = false;   ///< of its own: no server thread spills into its CPUs
};

inline constexpr std::uint64_t kHighestSeed = 0xffff'ffff;

/// "2%" as 0.02, from 0.1% to 50%. Nothing when the text is anything else.
[[nodiscard]] std::optional<double> parse_until_ci(std::string_view text);

/// Ends the sweep of `plan` so, instead of after its own number of blocks.
void end_at_looks(Plan& plan, double until_ci);

/// Makes `plan` search so. Throws WrongUsage where its load has no rate that could be searched for.
void search_capacity(Plan& plan, std::chrono::nanoseconds p99);

/// `machine` of which so many cores serve, if told.
[[nodiscard]] PlanContext divided(PlanContext machine, std::optional<int> server_cores);

/// Reads a plan from `text`, the content of `file`. Throws WrongUsage, its text beginning with
/// `file`.
[[nodiscard]] Plan read_plan(const std::string& text, const std::string& file,
                             const PlanContext& machine);

/// The inverse, for run.json: every field, in the plan's own words.
[[nodiscard]] Json to_json(const Plan& plan);
[[nodiscard]] Json to_json(const Headline& headline);

/// `duration` as plans and flags write it: "2500ms".
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

enum class Role {
  kArm,         ///< one of the architectures under comparison
  kCeiling,     ///< the null responder: what the load generator itself can reach
  kBase,        ///< an arm as it is, beside its twins
  kClientWork,  ///< its twin that costs the load generator more: slower, it was client bound
  kInFlight,    ///< its twin of twice the connections: faster, it was not saturated
  kSame,        ///< the headline's arm once more: the noise that a ratio must leave
  kSlower,      ///< the same with a known service time more: what the sweep must find
  kCapacity,    ///< an arm at a rate that it may or may not hold
};

/// As results/schema.json has it.
[[nodiscard]] std::string role_name(Role role);

struct Cell {
  Role role = Role::kArm;
  std::string architecture;
  std::string http2;
  int threads = 0;
  int connections = 0;
  int streams = 0;
  std::string engine = kEpoll;
  Conditions conditions = {};
  LoadShape load = {};
  int share_percent = 0;     ///< that the load's rate is, of what the slowest arm holds
  std::string twin_of = {};  ///< the cell_name() of the arm that it is there for, if for one
  /// Of a ceiling at the rate of the arms under these, where the plan has several.
  std::optional<Conditions> floor_of = {};

  [[nodiscard]] Arm arm() const { return {architecture, engine, http2}; }
  [[nodiscard]] LoadPoint load_point() const { return {connections, streams, load, share_percent}; }
};

/// Such as "reuseport_loops/nghttp2/t1/c64/s10"; the engine stands in it unless it is epoll or a
/// peer's, and at its end what a call costs, such as "/cpu5us", unless that is nothing, and how
/// the load asks, such as "/poisson30%", unless it is a closed loop. Of a ceiling also whose
/// floor it is, such as "/of-cpu5us" or "/of-none", where arms under several conditions have one.
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

/// Every cell of the grid that is not skipped, by threads, then by load, then by conditions, then
/// in the order of the arms; the ceilings last, whose calls cost nothing: they are the load
/// generator's, one a load, or, at a share of what is held, one at each thread count and for each
/// set of conditions, since each comes to a rate of its own.
[[nodiscard]] std::vector<Cell> cells_of(const Plan& plan, const PlanContext& context);

/// Two cells that differ only in what is compared, and so run back to back.
[[nodiscard]] bool at_one_place(const Cell& one, const Cell& other);

}  // namespace coresweep
