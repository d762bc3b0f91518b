// Verdicts on the hosts of a trial, which may be one: whether its load threads had time left,
// whether it was disturbed, and whether the network was the limit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan.hpp"
#include "harness/thresholds.hpp"
#include "harness/trial_readings.hpp"

namespace coresweep {

// Each returns what was seen, with its figures; empty when there is nothing to object to. Of a
// trial over hosts (`readings.hosts`) it names the host, which one that was lost has no part in.

/// Load threads without any time left.
[[nodiscard]] std::string client_bound_detail(const TrialReadings& readings,
                                              const Thresholds& thresholds);

/// Of a server and a load that share CPUs: they delay each other, which is no noise.
enum class Sharing { kNone, kCpus };

/// Stolen time, threads that waited for a CPU of their own, a CPU that got slower, and a window
/// that was not the server's.
[[nodiscard]] std::string noisy_host_detail(const TrialReadings& readings, Pin pin,
                                            Sharing sharing, const Thresholds& thresholds);

/// What `detail` finds in the reports of single clients, each behind its host's name, or else in
/// the merged one: what one of them met, the others' answers would hide.
[[nodiscard]] std::string of_any_client(const TrialReadings& readings,
                                        const std::function<std::string(const Json&)>& detail);

/// Clients whose load was not on the server with the others': one line each. One that was answered
/// less than another is none: by which thread its connections are served is the architecture's.
[[nodiscard]] std::vector<std::string> unanswered_clients(const TrialReadings& readings);

/// A network device that was refused what it asked for, or filled its link. Nothing without hosts.
[[nodiscard]] std::string network_limited_detail(const TrialReadings& readings,
                                                 const Thresholds& thresholds);

/// What a host's link can carry in either direction, as a trial's record has it: by its device's
/// record, which may be null, or the inventory's allowance; of both the smaller. null: neither is
/// known.
[[nodiscard]] Json link_bits_per_s(const Json& network, std::optional<double> network_gbps);

/// Hosts that sent many segments again, whoever's: the load's own are another verdict's matter,
/// and what a server lost is not told apart from what it sent again needlessly. A note, no verdict.
[[nodiscard]] std::string sent_again_note(const TrialReadings& readings,
                                          const Thresholds& thresholds);

}  // namespace coresweep
