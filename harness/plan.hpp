// What a sweep will run: the plan with every default filled in, its cells, and their order.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// The comparison that the sweep is run for, named before it runs.
///
/// One thing differs: two architectures under one http2, or one architecture under two.
struct Headline {
  std::string architecture;
  std::string http2;
  std::string against;
  std::string against_http2;
  int threads = 1;
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
};

/// What this machine and these programs allow a plan to say.
struct PlanContext {
  std::vector<std::string> architectures;
  std::vector<std::string> http2;
  int server_cpus = 1;
  int all_cpus = 1;
  /// Above this a listener's backlog, or a program's descriptors, would not hold them all.
  std::int64_t most_connections = 100'000;
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
};

/// Such as "reuseport_loops/nghttp2/t1/c64/s10".
[[nodiscard]] std::string cell_name(const Cell& cell);

/// Every cell of the grid by threads, then architecture, then http2; the ceiling last.
[[nodiscard]] std::vector<Cell> cells_of(const Plan& plan, const PlanContext& context);

struct PlannedTrial {
  int trial = 0;  ///< 0 is the first of the sweep
  int block = 0;
  std::size_t cell = 0;  ///< index into the cells
};

/// Blocks of one trial of every cell. Within a block thread counts come in random order, and at
/// each all arms (architectures and their http2) back to back, shuffled in one block and mirrored
/// in the next, so that drift and going first meet both arms of a ratio alike; the ceiling falls
/// between two thread counts. The same seed gives the same order on any machine.
[[nodiscard]] std::vector<PlannedTrial> trial_order(const std::vector<Cell>& cells, int blocks,
                                                    std::uint64_t seed);

/// How long `trials` trials take, starting and stopping the programs included.
[[nodiscard]] std::chrono::nanoseconds expected_time(const Plan& plan, std::size_t trials);

}  // namespace coresweep
