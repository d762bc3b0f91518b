// The loads of a plan: each value of one of its factors with each value of the others.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/load_shape.hpp"
#include "harness/strict_json.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// What an open loop is to offer.
struct Rate {
  std::int64_t per_s = 0;  ///< 0 when it is a share
  int share_percent = 0;   ///< of what the slowest arm holds in an open loop; 0 when it is not

  bool operator==(const Rate&) const = default;
};

/// One load: how many connections, and how they ask.
struct LoadPoint {
  int connections = 0;
  int streams = 0;  ///< requests in flight a connection
  LoadShape shape = {};
  int share_percent = 0;  ///< as in Rate; the shape's rate is then found out by the sweep

  /// Two of the same share are the same load, whether or not its rate is known yet.
  bool operator==(const LoadPoint& other) const;
};

/// At least one value each, each different.
struct LoadValues {
  Mode mode = Mode::closed;
  std::vector<int> connections = {0};
  /// Whether the i-th of `connections` goes with the i-th of `streams`; else each goes with each.
  bool connections_by_streams = false;
  std::vector<int> streams = {0};
  std::vector<Rate> rates = {Rate()};                ///< of an open loop; else one that is nothing
  std::vector<int> requests_per_connection = {0};  ///< of churn; else 0

  [[nodiscard]] bool is_open() const { return mode == Mode::constant || mode == Mode::poisson; }
  /// Whether what it offers depends on what the arms turn out to hold.
  [[nodiscard]] bool has_shares() const { return rates.front().share_percent > 0; }
  [[nodiscard]] int most_connections() const;
};

/// The plan's keys for it, and a headline's.
inline const std::vector<std::string> kLoadKeys{"connections", "streams", "rate",
                                                "requests_per_connection"};

/// How many connections "auto" means beside so many streams.
using AutomaticConnections = std::function<int(int streams)>;

/// `most` is how many connections there may be. Reads "mode" too. Throws WrongUsage.
[[nodiscard]] LoadValues read_loads(const StrictObject& fields,
                                    const AutomaticConnections& automatic, std::int64_t most);

/// Every one of them, in the plan's order; at least one.
[[nodiscard]] std::vector<LoadPoint> loads_of(const LoadValues& values);

/// The one of `values` that `fields` names, key by key; a key with one value need not be named.
/// Throws WrongUsage.
[[nodiscard]] LoadPoint read_load_choice(const StrictObject& fields, const LoadValues& values);

/// Objects of "mode" and kLoadKeys, in the plan's own words: rate and requests_per_connection are
/// null where the mode has none, and a list where there are several. Connections by streams are an
/// object of them: {"1": 256, "10": 32}.
[[nodiscard]] Json to_json(const LoadValues& values);
/// Without "mode", which a plan has once.
[[nodiscard]] Json to_json(const LoadPoint& load);

/// What tells `load` from the others of `values`: "connections 8, rate 30%"; empty where it is the
/// only one.
[[nodiscard]] std::string load_text(const LoadValues& values, const LoadPoint& load);

/// "32 connections x 10 streams", and how they ask unless they ask again when answered.
[[nodiscard]] std::string load_words(const LoadPoint& load);

}  // namespace coresweep
