// The plans that come with coresweep, which people ask for by name.
#pragma once

#include <string>
#include <vector>

namespace coresweep {

/// The file of the plan that somebody named. With a '/' or at its end ".json" the word is a path,
/// and that is the file, whether or not it is there. Any other word is the name of one of
/// `harness/plans`, whatever the folder that one stands in holds. Throws WrongUsage, which names
/// those there are.
[[nodiscard]] std::string find_plan(const std::string& word);

/// What stands in a plan's file. Throws WrongUsage, also when it is larger than any plan.
[[nodiscard]] std::string read_plan_file(const std::string& file);

/// The names of the plans in `folder`, in alphabetical order. Throws WrongUsage.
[[nodiscard]] std::vector<std::string> plan_names(const std::string& folder);

}  // namespace coresweep
