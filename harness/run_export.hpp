// A stored run in other programs' formats.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "harness/stored_run.hpp"

namespace coresweep {

/// Takes what is written, part by part; throws where it cannot be delivered.
using Write = std::function<void(std::string_view text)>;

/// Why trials were left out, and how many for each reason.
using LeftOut = std::map<std::string, std::size_t>;

/// One row a stored trial, after a row of names: every plain value of it but for histograms, under
/// its dotted name, as RFC 4180 has it; and whether a later attempt superseded it. Lists of plain
/// values stand in one field, with spaces between. Throws WrongUsage.
void write_csv(const StoredRun& run, const Write& write);

/// What google-benchmark's JSON reporter writes, for its compare.py and for trackers that read it:
/// a benchmark a cell of an arm and a repetition a valid trial, with mean, median and standard
/// deviation of two or more; none of a cell of which compare would give no ratio. real_time is the
/// time a request, one by throughput; cpu_time the server's CPU a request. Returns what was left
/// out. Throws WrongUsage.
[[nodiscard]] LeftOut write_google_benchmark(const StoredRun& run, const Write& write);

}  // namespace coresweep
