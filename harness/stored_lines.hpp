// The files of a run's folder as JSON. Anybody may have written them: everything has a bound.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// Versions of results/schema.json that are read; the last is written.
inline constexpr int kOldestSchemaRead = 1;
inline constexpr int kNewestSchemaRead = 2;

/// A line longer than this is none of ours: the longest that is stored has 4 MB of histograms.
inline constexpr std::size_t kLongestStoredLine = std::size_t{16} << 20;

/// What stands at `path` of `json`, such as "/plan/blocks"; nullptr where nothing does.
[[nodiscard]] const Json* find_stored(const Json& json, const std::string& path);

/// The text there; empty where there is none.
[[nodiscard]] std::string stored_text(const Json& json, const std::string& path);

/// Throws WrongUsage: WHERE: KEY is VALUE: allowed is ALLOWED.
[[noreturn]] void refuse_stored(const std::string& where, const std::string& path,
                                const Json& value, const std::string& allowed);

/// Throws WrongUsage where `folder` is none, and so no run's.
void require_run_folder(const std::string& folder);

/// The whole file `path` as one object. Throws WrongUsage.
[[nodiscard]] Json read_stored_record(const std::string& path);

/// Gives each line of the file `path` to `take`, but for its histograms, which no reader here
/// needs and which are most of it. A last line that was being written when its sweep was killed is
/// no line: `dropped` gets its file and number. Throws WrongUsage, and what `take` throws.
void each_stored_line(const std::string& path, std::vector<std::string>& dropped,
                      const std::function<void(const std::string& where, Json json)>& take);

}  // namespace coresweep
