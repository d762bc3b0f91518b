// loadgen: drives a greeter in a closed loop and reports what it answered, how fast, and whether
// the load generator itself was the limit.
#include <exception>

#include "loadgen/load_options.hpp"
#include "loadgen/load_run.hpp"
#include "support/exit.hpp"

int main(int argc, char** argv) {
  using namespace coresweep;
  keep_standard_descriptors_taken();
  const ReadLoadOptions read = read_load_options(argc, argv);
  if (!read.goes_on) {
    return read.exit_code;
  }
  try {
    return run_load(read.options);
  } catch (const std::exception& error) {
    print_error("loadgen", error.what());
    return kExitFailed;
  }
}
