#include "loadgen/recorder.hpp"

#include <unistd.h>

#include <algorithm>

#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

Failure failure_of(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::wrong_status:
      return Failure::wrong_status;
    case CallOutcome::wrong_payload:
      return Failure::wrong_payload;
    case CallOutcome::goaway:
      return Failure::goaway;
    default:
      return Failure::reset;
  }
}

constexpr std::int64_t kSecondNs = 1'000'000'000;

// A clock that is read twice never goes back; one that is read before a wait may lie behind it.
std::uint64_t nanoseconds(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(std::max(to - from, std::int64_t{0}));
}

}  // namespace

CpuUse read_own_cpu(std::int64_t now, std::int64_t spun_ns) {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return {.at_ns = now,
          .user_s = to_seconds(usage.ru_utime),
          .system_s = to_seconds(usage.ru_stime),
          .run_delay_s = run_delay_s(::gettid()),
          .spun_s = static_cast<double>(spun_ns) / 1e9};
}

Second& Recorder::second_of(std::int64_t now) {
  const auto index = static_cast<std::size_t>((now - schedule_.window_begin) / kSecondNs);
  if (index >= seconds_.size()) {
    seconds_.resize(index + 1);
  }
  return seconds_[index];
}

void Recorder::begin_second(std::int64_t now) {
  seconds_.resize(std::max(seconds_.size(), current_ + 1));
  seconds_[current_].latency_from_due = used_buckets(current_second_);
  current_second_.clear();
  current_ = static_cast<std::size_t>((now - schedule_.window_begin) / kSecondNs);
  current_end_ = schedule_.window_begin + static_cast<std::int64_t>(current_ + 1) * kSecondNs;
}

void Recorder::on_due(std::int64_t due_ns, std::uint64_t requests) {
  due_ += requests;
  if (in_window(due_ns)) {
    second_of(due_ns).due += requests;
  } else if (due_ns < schedule_.window_begin) {
    due_before_ += requests;
  }
}

std::int64_t Recorder::counted_alike_until(std::int64_t due_ns) const {
  const std::int64_t edge = schedule_.next_edge(due_ns);
  const std::int64_t second = (due_ns - schedule_.window_begin) / kSecondNs;
  return in_window(due_ns) ? std::min(edge, schedule_.window_begin + (second + 1) * kSecondNs)
                           : edge;
}

void Recorder::on_sent(const RequestTimes& times, std::int64_t late_ns) {
  ++sent_;
  if (in_window(times.sent)) {
    ++second_of(times.sent).sent;
    client_late_.record(nanoseconds(0, late_ns));
  } else if (times.sent < schedule_.window_begin) {
    ++sent_before_;
  }
}

void Recorder::on_finished(CallOutcome outcome, const RequestTimes& times, std::int64_t done_ns,
                           int grpc_status) {
  latency_in_window_ns_ += overlap_ns(times.sent, done_ns);
  if (outcome != CallOutcome::answered) {
    if (outcome == CallOutcome::wrong_status) {
      // -1 becomes the largest.
      ++statuses_[std::min(static_cast<std::size_t>(grpc_status), kGrpcStatuses)];
    }
    on_failed(failure_of(outcome), done_ns, 1);
    return;
  }
  if (done_ns - silent_since() >= kShortestSilenceNs) [[unlikely]] {
    keep_silence(done_ns, silences_);
  }
  last_answer_ns_ = done_ns;
  ++whole_life_.answered;
  if (in_window(done_ns)) {
    ++window_.answered;
    answered_first_half_ += done_ns - schedule_.window_begin < schedule_.window_end - done_ns;
    if (done_ns >= current_end_) {
      begin_second(done_ns);
    }
    ++second_of(done_ns).ended.answered;
    current_second_.record(nanoseconds(times.due, done_ns));
  }
  if (in_window(latencies_ == Latencies::due_in_window ? times.due : done_ns)) {
    latency_from_due_.record(nanoseconds(times.due, done_ns));
    latency_from_sent_.record(nanoseconds(times.sent, done_ns));
    client_read_late_.record(nanoseconds(std::max(times.sent, came_after_ns_), done_ns));
  }
}

std::int64_t Recorder::overlap_ns(std::int64_t from, std::int64_t to) const {
  const std::int64_t begin = std::max(from, schedule_.window_begin);
  return std::max(std::min(to, schedule_.window_end) - begin, std::int64_t{0});
}

std::int64_t Recorder::silent_since() const { return std::max(last_answer_ns_, schedule_.begin); }

void Recorder::keep_silence(std::int64_t until, std::vector<Silence>& kept) const {
  const std::int64_t since = silent_since();
  if (since < schedule_.window_end && until > schedule_.window_begin &&
      until - since >= kShortestSilenceNs) {
    kept.push_back({.begin_ns = since - schedule_.window_begin,
                    .end_ns = until - schedule_.window_begin,
                    .requests_waiting = waiting()});
  }
}

void Recorder::on_failed(Failure failure, std::int64_t done_ns, std::uint64_t calls) {
  whole_life_.failed[static_cast<std::size_t>(failure)] += calls;
  if (in_window(done_ns)) {
    window_.failed[static_cast<std::size_t>(failure)] += calls;
    second_of(done_ns).ended.failed[static_cast<std::size_t>(failure)] += calls;
  }
}

void Recorder::on_first_reply(std::int64_t connect_began_ns, std::int64_t done_ns) {
  if (in_window(done_ns)) {
    connect_to_first_reply_.record(nanoseconds(connect_began_ns, done_ns));
  }
}

void Recorder::on_step(std::int64_t now, std::int64_t spun_ns) {
  if (now >= schedule_.window_begin && cpu_at_begin_.at_ns == 0) {
    cpu_at_begin_ = read_own_cpu(now, spun_ns);
  }
  if (now >= schedule_.window_end && cpu_at_end_.at_ns == 0) {
    cpu_at_end_ = read_own_cpu(now, spun_ns);
  }
}

LoadFigures Recorder::figures() const {
  LoadFigures figures;
  figures.window = window_;
  figures.whole_life = whole_life_;
  figures.answered_first_half = answered_first_half_;
  figures.in_flight_mean_by_latency =
      static_cast<double>(latency_in_window_ns_) /
      static_cast<double>(schedule_.window_end - schedule_.window_begin);
  figures.silences = silences();
  figures.latency_from_due = latency_from_due_;
  figures.latency_from_sent = latency_from_sent_;
  figures.client_late = client_late_;
  figures.client_read_late = client_read_late_;
  figures.connect_to_first_reply = connect_to_first_reply_;
  figures.seconds = seconds();
  if (latencies_ == Latencies::due_in_window) {
    figures.unanswered = figures.due_in_window() - latency_from_due_.count();
  }
  figures.statuses = statuses_;
  figures.overdue_at_begin = overdue_at_begin();
  figures.due = due_;
  figures.sent = sent_;
  return figures;
}

// The last one ends with the run: when nothing waits, nobody waits for an answer either.
std::vector<Silence> Recorder::silences() const {
  std::vector<Silence> all = silences_;
  keep_silence(waiting() > 0 ? schedule_.drain_end : schedule_.drain_begin, all);
  return all;
}

std::vector<Second> Recorder::seconds() const {
  std::vector<Second> all = seconds_;
  if (current_ < all.size()) {
    all[current_].latency_from_due = used_buckets(current_second_);
  }
  return all;
}

}  // namespace coresweep
