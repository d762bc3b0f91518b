#include "loadgen/load_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "loadgen/phase.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

std::string failures_text(const Tally& tally) {
  std::string text;
  for (std::size_t kind = 0; kind < kFailureKinds; ++kind) {
    if (tally.failed[kind] > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", tally.failed[kind],
                          name_of(static_cast<Failure>(kind)));
    }
  }
  return text;
}

std::string statuses_text(const LoadFigures& figures) {
  std::string text;
  for (std::size_t status = 0; status <= kGrpcStatuses; ++status) {
    if (figures.statuses[status] > 0) {
      text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", figures.statuses[status],
                          status < kGrpcStatuses ? std::to_string(status) : "none");
    }
  }
  return text.empty() ? text : fmt::format(" (grpc-status: {})", text);
}

std::uint64_t sum_over_seconds(const std::vector<Second>& seconds,
                               std::uint64_t Second::* counted) {
  return std::accumulate(
      seconds.begin(), seconds.end(), std::uint64_t{0},
      [&](std::uint64_t sum, const Second& second) { return sum + second.*counted; });
}

}  // namespace

std::string_view name_of(Failure failure) {
  constexpr std::array<std::string_view, kFailureKinds> kNames{
      "wrong_status", "wrong_payload", "reset", "goaway", "connection_lost", "protocol_error"};
  return kNames[static_cast<std::size_t>(failure)];
}

std::string_view name_of(ConnectFailure failure) {
  constexpr std::array<std::string_view, kConnectFailureKinds> kNames{
      "refused", "reset", "timed_out", "ports_short", "no_settings", "other"};
  return kNames[static_cast<std::size_t>(failure)];
}

std::uint64_t ConnectionTally::failed_total() const {
  return std::accumulate(failed.begin(), failed.end(), std::uint64_t{0});
}

Segments& Segments::operator+=(const Segments& other) {
  sent += other.sent;
  retransmitted += other.retransmitted;
  retransmitted_needlessly += other.retransmitted_needlessly;
  return *this;
}

Segments& Segments::operator-=(const Segments& other) {
  sent -= other.sent;
  retransmitted -= other.retransmitted;
  retransmitted_needlessly -= other.retransmitted_needlessly;
  return *this;
}

void ConnectionTally::add(const ConnectionTally& other) {
  opened += other.opened;
  closed += other.closed;
  lost += other.lost;
  drained += other.drained;
  narrowed += other.narrowed;
  segments += other.segments;
  segments_connecting += other.segments_connecting;
  std::transform(failed.begin(), failed.end(), other.failed.begin(), failed.begin(), std::plus{});
  if (first_loss.empty()) {
    first_loss = other.first_loss;
  }
}

std::uint64_t Tally::failed_total() const {
  return std::accumulate(failed.begin(), failed.end(), std::uint64_t{0});
}

void Tally::add(const Tally& other) {
  answered += other.answered;
  std::transform(failed.begin(), failed.end(), other.failed.begin(), failed.begin(), std::plus{});
}

std::vector<Second::Bucket> used_buckets(const Histogram& histogram) {
  std::vector<Second::Bucket> used;
  const auto counts = histogram.counts();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) {
      used.push_back({static_cast<std::uint32_t>(i), counts[i]});
    }
  }
  return used;
}

Histogram Second::histogram() const {
  std::vector<std::uint64_t> counts(Histogram::kBuckets);
  for (const Bucket& bucket : latency_from_due) {
    counts[bucket.index] = bucket.count;
  }
  return Histogram(counts);
}

void Second::add(const Second& other) {
  due += other.due;
  sent += other.sent;
  ended.add(other.ended);
  Histogram sum = histogram();
  sum.merge(other.histogram());
  latency_from_due = used_buckets(sum);
}

double ThreadFigures::busy_share() const {
  return window_s > 0 ? std::max(0.0, cpu_user_s + cpu_system_s - spun_s) / window_s : 0;
}

std::uint64_t LoadFigures::due_in_window() const { return sum_over_seconds(seconds, &Second::due); }

std::uint64_t LoadFigures::sent_in_window() const {
  return sum_over_seconds(seconds, &Second::sent);
}

double LoadFigures::busy_share() const {
  double most = 0;
  for (const ThreadFigures& thread : threads) {
    most = std::max(most, thread.busy_share());
  }
  return most;
}

void LoadFigures::add(const LoadFigures& other) {
  window.add(other.window);
  whole_life.add(other.whole_life);
  answered_first_half += other.answered_first_half;
  in_flight_mean += other.in_flight_mean;
  in_flight_mean_by_latency += other.in_flight_mean_by_latency;
  silences = threads.empty() ? other.silences : common_silences(silences, other.silences);
  latency_from_due.merge(other.latency_from_due);
  latency_from_sent.merge(other.latency_from_sent);
  client_late.merge(other.client_late);
  client_read_late.merge(other.client_read_late);
  std::transform(statuses.begin(), statuses.end(), other.statuses.begin(), statuses.begin(),
                 std::plus{});
  seconds.resize(std::max(seconds.size(), other.seconds.size()));
  for (std::size_t i = 0; i < other.seconds.size(); ++i) {
    seconds[i].add(other.seconds[i]);
  }
  overdue_at_begin += other.overdue_at_begin;
  due += other.due;
  sent += other.sent;
  unsent += other.unsent;
  given_up += other.given_up;
  unanswered += other.unanswered;
  in_flight += other.in_flight;
  connections.add(other.connections);
  first_message = first_message.empty() ? other.first_message : first_message;
  first_wrong_reply = first_wrong_reply.empty() ? other.first_wrong_reply : first_wrong_reply;
  connect_to_first_reply.merge(other.connect_to_first_reply);
  time_wait_at_begin = std::max(time_wait_at_begin, other.time_wait_at_begin);
  time_wait_at_end = std::max(time_wait_at_end, other.time_wait_at_end);
  threads.insert(threads.end(), other.threads.begin(), other.threads.end());
}

std::string what_failed(const LoadFigures& figures) {
  const std::uint64_t failed = figures.whole_life.failed_total();
  if (figures.due != figures.sent + figures.unsent) {
    return fmt::format("{} requests were due but {} sent and {} left over: an error in loadgen",
                       figures.due, figures.sent, figures.unsent);
  }
  if (figures.sent != figures.whole_life.answered + failed + figures.in_flight) {
    return fmt::format(
        "{} requests were sent but {} answered, {} failed and {} left over: an error in loadgen",
        figures.sent, figures.whole_life.answered, failed, figures.in_flight);
  }
  const ConnectionTally& connections = figures.connections;
  if (connections.lost > 0) {
    return fmt::format("{} of {} connections were lost ({}), {} requests failed", connections.lost,
                       connections.opened, connections.first_loss, failed);
  }
  if (connections.failed_total() > 0) {
    return fmt::format("{} connections could not be opened ({})", connections.failed_total(),
                       connections.first_loss);
  }
  if (connections.narrowed > 0) {
    return fmt::format("{} connections were allowed fewer streams than --streams while they ran",
                       connections.narrowed);
  }
  if (failed > 0) {
    return fmt::format("{} requests failed: {}{}{}", failed, failures_text(figures.whole_life),
                       statuses_text(figures),
                       figures.first_wrong_reply.empty()
                           ? ""
                           : "; the first wrong reply: " + figures.first_wrong_reply);
  }
  if (figures.in_flight > 0) {
    return fmt::format("{} requests were still unanswered {} s after the last was sent",
                       figures.in_flight, to_seconds(Schedule::kLongestDrain));
  }
  if (figures.given_up > 0) {
    return fmt::format(
        "{} requests were due and given up on: too many were waiting, or to be drawn in time",
        figures.given_up);
  }
  if (figures.window.answered == 0) {
    return figures.due_in_window() == 0 ? "no request was due in the window"
                                        : "no request was answered in the window";
  }
  return {};
}

}  // namespace coresweep
