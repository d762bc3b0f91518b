// loadgen: drives a gRPC server and reports what it answered, how fast, and whether the load
// generator itself was the limit.
#include <exception>
#include <new>
#include <string_view>

#include "loadgen/load_options.hpp"
#include "loadgen/load_run.hpp"
#include "loadgen/merge_reports.hpp"
#include "support/exit.hpp"

int main(int argc, char** argv) {
  using namespace coresweep;
  keep_standard_descriptors_taken();
  if (argc > 1 && std::string_view(argv[1]) == "merge") {
    return run_merge(argc - 1, argv + 1);
  }
  const ReadLoadOptions read = read_load_options(argc, argv);
  if (!read.goes_on) {
    return read.exit_code;
  }
  try {
    return run_load(read.options);
  } catch (const std::bad_alloc&) {
    print_error("loadgen", "not enough memory for so many --connections, --streams and --threads");
    return kExitFailed;
  } catch (const std::exception& error) {
    print_error("loadgen", error.what());
    return kExitFailed;
  }
}
