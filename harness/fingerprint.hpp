// What two runs were made of and on: where that differs, and what the difference means.
#pragma once

#include <string>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// What a field of run.json is to a comparison of two runs.
enum class Meaning {
  kSubject,   ///< what is measured (code, programs, peers): compared on purpose
  kContext,   ///< may explain something, and is no part of any figure: limits, thresholds
  kConfounds  ///< what it is measured on or with (machine, CPUs, window): not to be told from code
};

struct FieldDifference {
  std::string field;  ///< such as "machine.kernel"
  std::string a;      ///< on one line, whatever the file holds
  std::string b;
  Meaning meaning;
};

/// Every difference of two run.json, in the order of their fields. A field that one run is too old
/// to have confounds nothing: it is not known to differ. Of runs over hosts also what each host is,
/// by its name; never its clock, what doctor said, or at which address it was.
[[nodiscard]] std::vector<FieldDifference> fingerprint_differences(const Json& a, const Json& b);

/// Whether `a` and `b`, at `field` of run.json ("machine.memory_kb"), are the same machine's: its
/// memory differs a little at every start, and a host's clock, warnings and interrupts at every
/// look.
[[nodiscard]] bool are_alike(const std::string& field, const Json& a, const Json& b);

/// Where it ran, in one or two words: on one machine, over hosts, or over pairs of hosts.
[[nodiscard]] std::string where_it_ran(const Json& record);

/// Its server and its load had machines of their own.
[[nodiscard]] bool ran_over_hosts(const Json& record);

/// Both are records of one and the same sweep: a copy is no second measurement.
[[nodiscard]] bool are_one_run(const Json& a, const Json& b);

}  // namespace coresweep
