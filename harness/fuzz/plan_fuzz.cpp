// read_plan: whatever the text is, it is a plan that reads the same when it is written back, or is
// refused in one line that names the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "harness/failure.hpp"
#include "harness/plan.hpp"

namespace {

using namespace coresweep;  // NOLINT: a main file

const PlanContext kContext{
    {"shared_reactor", "reuseport_loops"}, {"lean", "nghttp2", "null"}, 1, 2};

// Ends the program where a fuzzer sees it: also in builds without assert().
void must_hold(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void fuzz(const std::string& text) {
  try {
    const Json read = to_json(read_plan(text, "plan.json", kContext));
    must_hold(to_json(read_plan(read.dump(), "plan.json", kContext)) == read);
  } catch (const WrongUsage& error) {
    const std::string_view line = error.what();
    must_hold(line.starts_with("plan.json:") && line.find('\n') == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
