// What recording one answer costs a load thread.
#include <benchmark/benchmark.h>

#include "loadgen/recorder.hpp"

namespace coresweep {
namespace {

void record_one_answer(benchmark::State& state) {
  const Schedule schedule(0, std::chrono::seconds(0), std::chrono::hours(1));
  Recorder recorder(schedule);
  std::int64_t now = 1;
  for (auto _ : state) {
    now += 997;
    recorder.on_sent(1);
    recorder.on_finished(CallOutcome::answered, now - (now % 500'000), now);
  }
  std::uint64_t answered = recorder.window().answered;
  benchmark::DoNotOptimize(answered);
}
BENCHMARK(record_one_answer);

}  // namespace
}  // namespace coresweep
