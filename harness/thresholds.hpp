// Every threshold of every verdict, in one place; written into each run and each trial.
#pragma once

#include "support/json_lines.hpp"

namespace coresweep {

struct Thresholds {
  double client_bound_busy_share = 0.90;
  double client_bound_twin_loss = 0.05;  ///< of throughput, by a twin of more client CPU a request
  double unsaturated_twin_gain = 0.05;   ///< of throughput, by a twin of twice the connections
  double noisy_host_steal_share = 0.01;      ///< of the window, on any CPU that the trial used
  double noisy_host_run_delay_share = 0.02;  ///< of the window, for any thread pinned alone
  double noisy_host_window_gap_s = 0.1;  ///< between the server's readings and the load's window
  double noisy_host_frequency_fall_share = 0.03;  ///< of a used CPU, within the window
  double unsteady_silence_s = 1;                  ///< without any answer, while so many wait:
  double unsteady_requests = 20;
  double little_violation_share = 0.02;  ///< between requests in flight by slots and by latency
  /// Of each: full backlogs, dropped or failed connects, segments sent again. On loopback none of
  /// them is anybody's but ours.
  double port_trouble_events = 0;
  /// Over hosts, of the load's own segments: a network loses one now and then.
  double port_trouble_retransmit_share = 1e-4;
  double network_limited_link_share = 0.9;      ///< of a used host's link, in either direction
  double network_limited_allowance_events = 0;  ///< by which an allowance's counter rose
  double missed_rate_share = 0.01;          ///< of the requests due, not answered
  double missed_rate_backlog_share = 0.002; ///< of the requests due, by which the overdue grew
  double missed_rate_requests = 10;         ///< fewer than this are neither
  double client_late_share = 0.10;          ///< of a latency's percentile, the client's lateness
  double halves_apart_share = 0.05;         ///< a note, no verdict
};

[[nodiscard]] Json to_json(const Thresholds& thresholds);

}  // namespace coresweep
