#include "harness/outcome.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/failure.hpp"
#include "harness/verdict.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

std::optional<double> number_in(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object.at(key).is_number()
             ? std::optional(object.at(key).get<double>())
             : std::nullopt;
}

std::optional<double> figure_in(const Json& object, const char* key) {
  const auto figure = number_in(object, key);
  if (figure && *figure < 0) {
    throw Failure(fmt::format("{} is {}: allowed is no figure below 0", key, *figure));
  }
  return figure;
}

LatencyPercentiles percentiles_of(const Json& trial) {
  const std::string mode = trial.at("factors").value("mode", "closed");
  const bool is_open = mode == "constant" || mode == "poisson";
  const Json latency =
      trial.value(is_open ? "latency_from_due_ns" : "latency_from_sent_ns", Json());
  return {figure_in(latency, "p50"), figure_in(latency, "p99")};
}

std::optional<double> server_cpu_per_request(const Json& trial) {
  const Json& server = trial.at("server");
  const auto user_s = number_in(server, "cpu_user_s");
  const auto system_s = number_in(server, "cpu_system_s");
  const auto window_s = number_in(server, "window_s");
  const auto rate = number_in(trial, "throughput_per_s");
  return user_s && system_s && window_s && rate && *window_s > 0 && *rate > 0
             ? std::optional((*user_s + *system_s) / *window_s / *rate)
             : std::nullopt;
}

}  // namespace

bool Outcome::has_verdict(const std::string& name) const { return contains(verdicts, name); }

bool Outcome::is_lost() const { return has_verdict(kLostHost); }

Outcome outcome_of(const Json& trial, std::size_t cell) {
  Outcome outcome;
  outcome.cell = cell;
  outcome.block = trial.at("block").get<int>();
  outcome.attempt = trial.at("attempt").get<int>();
  outcome.session = trial.value("session", 0);
  outcome.pair = trial.value("pair", "");
  outcome.throughput_per_s = figure_in(trial, "throughput_per_s");
  outcome.verdicts = trial.at("verdict").get<std::vector<std::string>>();
  if (outcome.has_verdict(kFailed)) {
    outcome.failure = trial.at("verdict_details").at(kFailed).get<std::string>();
  }
  outcome.notes = trial.value("notes", std::vector<std::string>());
  outcome.latency = percentiles_of(trial);
  outcome.server_cpu_per_request_s = server_cpu_per_request(trial);
  return outcome;
}

std::vector<Outcome> last_attempts(const std::vector<Outcome>& outcomes) {
  std::map<std::pair<std::size_t, int>, int> last;
  for (const Outcome& outcome : outcomes) {
    int& attempt = last[{outcome.cell, outcome.block}];
    attempt = std::max(attempt, outcome.attempt);
  }
  std::vector<Outcome> counting;
  std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(counting),
               [&last](const Outcome& outcome) {
                 return outcome.attempt == last.at({outcome.cell, outcome.block});
               });
  return counting;
}

std::string format_counts(const VerdictCounts& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    parts.push_back(fmt::format("{} {}", name, count));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace coresweep
