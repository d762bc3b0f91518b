#include "harness/binaries_record.hpp"

#include "support/build_info.hpp"

namespace coresweep {

Json build_record() {
  const BuildInfo& build = build_info();
  return {{"git_revision", build.git_revision},
          {"git_dirty", build.git_dirty},
          {"compiler", build.compiler},
          {"build_type", build.build_type},
          {"flags", build.flags}};
}

Json file_record(const std::string& path, const StopSignals& signals) {
  return {{"sha256", sha256_of_file(path, signals)}};
}

Json binaries_record(const Programs& programs, const StopSignals& signals) {
  Json record = Json::object();
  for (const auto& [name, path] :
       {std::pair("coresweep", programs.coresweep), std::pair("greeter", programs.greeter),
        std::pair("greeter-io_uring", programs.greeter_io_uring),
        std::pair("loadgen", programs.loadgen)}) {
    if (!path.empty()) {
      record[name] = file_record(path, signals);
    }
  }
  return record;
}

}  // namespace coresweep
