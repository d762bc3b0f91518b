// For tests: the load generator's report of a closed loop with nothing to object to.
#pragma once

#include "support/json_lines.hpp"

namespace coresweep {

inline Json good_report() {
  return Json::parse(R"({"event": "report", "mode": "closed", "rate_per_s": null, "window_s": 2.5,
      "requests_answered": 1000, "requests_answered_first_half": 500, "throughput_per_s": 400.0,
      "requests_failed": 0, "failures": {}, "requests_due": 1000, "requests_sent": 1000,
      "requests_overdue_at_begin": 0, "requests_overdue_at_end": 0, "requests_due_unanswered": 0,
      "requests_in_flight_mean": 640.0, "requests_in_flight_mean_by_latency": 640.0,
      "silences": [],
      "latency_from_due_ns": {"p50": 10, "p90": 20, "p99": 30},
      "latency_from_sent_ns": {"p50": 10, "p90": 20, "p99": 30},
      "client_late_ns": {"p50": 0, "p90": 1, "p99": 2},
      "client_read_late_ns": {"p50": 0, "p90": 1, "p99": 2},
      "connections_per_s": 0.0, "connect_to_first_reply_ns": {"p50": null},
      "seconds": [{"second": 0, "requests_answered": 400, "latency_from_due_histogram": "HISTF"}],
      "cpu_user_s": 0.5, "cpu_system_s": 0.25,
      "load_threads": [{"thread": 0, "cpu": 1, "busy_share": 0.3, "window_s": 2.5,
                        "run_delay_s": 0.0}],
      "totals": {"requests_sent": 1200, "requests_answered": 1200, "requests_failed": 0,
                 "requests_in_flight_at_end": 0, "requests_given_up": 0, "connections_opened": 64,
                 "connections_closed": 0, "connections_lost": 0, "connections_drained": 0,
                 "connections_failed": {}, "segments_sent": 2500, "segments_retransmitted": 0,
                 "segments_retransmitted_needlessly": 0,
                 "segments_sent_connecting": 256, "segments_retransmitted_connecting": 0,
                 "failures": {}, "first_wrong_reply": null}})");
}

}  // namespace coresweep
