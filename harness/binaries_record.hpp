// Which programs ran, as run.json records it of each host.
#pragma once

#include <string>

#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// run.json's "build": what this program was built from and with.
[[nodiscard]] Json build_record();

/// {"sha256": ...}. Throws Failure.
[[nodiscard]] Json file_record(const std::string& path, const StopSignals& signals);

/// run.json's "binaries": file_record() of each program there is, by its name. Throws Failure.
[[nodiscard]] Json binaries_record(const Programs& programs, const StopSignals& signals);

}  // namespace coresweep
