// One extra trial of a cell under a tracer. It is no measurement: a traced server is slower, and
// only how often it did something a request is read from it.
#pragma once

#include <chrono>
#include <functional>

#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "harness/tracer.hpp"
#include "harness/trial.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// What a kind of tracer's table says beside its names and total.
using AddFigures = std::function<void(const CountTable& table, Json& record)>;

/// Of system calls: null where nobody counted futex, which is not none.
void add_futex(const CountTable& table, Json& record);

/// Runs the trial under the first rung of `ladder` that works here. The record says which that was
/// and what the others said, or why there is no figure: no rung works, or the trial failed. Nothing
/// of it is a failure of the sweep. Throws Interrupted.
[[nodiscard]] Json traced_trial(const Programs& programs, TrialSetup setup, const Ladder& ladder,
                                const StopSignals& signals, const AddFigures& add_figures);

/// A line of traces.jsonl: the cell's system calls and waits for locks, a trial each.
[[nodiscard]] Json trace_cell(const Programs& programs, const TrialSetup& setup,
                              const StopSignals& signals);

/// How long trace_cell() takes, of trials with windows of `duration`.
[[nodiscard]] std::chrono::nanoseconds expected_trace_time(std::chrono::nanoseconds duration);

/// What `trace`, a line of traces.jsonl, came to, in a line.
[[nodiscard]] std::string trace_summary(const Json& trace);

}  // namespace coresweep
