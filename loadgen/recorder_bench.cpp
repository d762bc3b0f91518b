// What recording one request costs a load thread.
#include <benchmark/benchmark.h>

#include "loadgen/recorder.hpp"

namespace coresweep {
namespace {

void record_one_request(benchmark::State& state) {
  const Schedule schedule(0, std::chrono::seconds(0), std::chrono::hours(1));
  Recorder recorder(schedule);
  std::int64_t now = 1;
  for (auto _ : state) {
    now += 997;
    const RequestTimes times{.due = now - (now % 500'000) - 100, .sent = now - (now % 500'000)};
    recorder.on_due(times.due);
    recorder.on_sent(times, 0);
    recorder.on_finished(CallOutcome::answered, times, now);
  }
  std::uint64_t answered = recorder.window().answered;
  benchmark::DoNotOptimize(answered);
}
BENCHMARK(record_one_request);

}  // namespace
}  // namespace coresweep
