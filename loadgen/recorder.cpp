#include "loadgen/recorder.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

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

}  // namespace

std::string_view name_of(Failure failure) {
  constexpr std::array<std::string_view, kFailureKinds> kNames{
      "wrong_status", "wrong_payload", "reset", "goaway", "connection_lost", "protocol_error"};
  return kNames[static_cast<std::size_t>(failure)];
}

std::uint64_t Tally::failed_total() const {
  return std::accumulate(failed.begin(), failed.end(), std::uint64_t{0});
}

void Tally::add(const Tally& other) {
  answered += other.answered;
  std::transform(failed.begin(), failed.end(), other.failed.begin(), failed.begin(), std::plus{});
}

CpuUse read_own_cpu(std::int64_t now) {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return {.at_ns = now,
          .user_s = to_seconds(usage.ru_utime),
          .system_s = to_seconds(usage.ru_stime),
          .run_delay_s = run_delay_s(::gettid())};
}

void Recorder::on_finished(CallOutcome outcome, std::int64_t sent_ns, std::int64_t done_ns) {
  if (outcome != CallOutcome::answered) {
    on_failed(failure_of(outcome), done_ns, 1);
    return;
  }
  ++whole_life_.answered;
  if (in_window(done_ns)) {
    ++window_.answered;
    latency_from_sent_.record(static_cast<std::uint64_t>(done_ns - sent_ns));
  }
}

void Recorder::on_failed(Failure failure, std::int64_t done_ns, std::uint64_t calls) {
  whole_life_.failed[static_cast<std::size_t>(failure)] += calls;
  if (in_window(done_ns)) {
    window_.failed[static_cast<std::size_t>(failure)] += calls;
  }
}

void Recorder::on_step(std::int64_t now) {
  if (now >= schedule_.window_begin && cpu_at_begin_.at_ns == 0) {
    cpu_at_begin_ = read_own_cpu(now);
  }
  if (now >= schedule_.window_end && cpu_at_end_.at_ns == 0) {
    cpu_at_end_ = read_own_cpu(now);
  }
}

}  // namespace coresweep
