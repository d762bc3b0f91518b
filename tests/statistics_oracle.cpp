// For statistics_test.py: each line of stdin names a function of harness/ and what it is given.
// Prints what it gives back, a JSON line each.
#include <fmt/format.h>

#include <iostream>
#include <string>
#include <vector>

#include "harness/controls.hpp"
#include "harness/sequential_looks.hpp"
#include "harness/statistics.hpp"
#include "support/json_lines.hpp"

namespace {

using coresweep::Json;

std::vector<double> values_of(const Json& line) {
  return line.at("values").get<std::vector<double>>();
}

Json answer(const Json& line) {
  const auto function = line.at("function").get<std::string>();
  if (function == "median_interval") {
    const auto interval = coresweep::median_interval(values_of(line), line.at("coverage"));
    return {{"low", interval.low},
            {"median", interval.median},
            {"high", interval.high},
            {"coverage", interval.coverage}};
  }
  if (function == "chance_of_at_most") {
    return coresweep::chance_of_at_most(line.at("most"), line.at("count"), line.at("chance"));
  }
  if (function == "fewest_for_interval") {
    return coresweep::fewest_for_interval(line.at("coverage"));
  }
  if (function == "coverage_of_looks") {
    return coresweep::coverage_of_looks(line.at("counts").get<std::vector<std::size_t>>());
  }
  if (function == "smallest_difference") {
    const auto smallest =
        coresweep::smallest_difference(values_of(line), line.at("blocks"), line.at("coverage"));
    return smallest
               ? Json{{"ratio", smallest->ratio}, {"is_only_a_bound", smallest->is_only_a_bound}}
               : Json();
  }
  throw std::runtime_error("no such function: " + function);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    fmt::print("{}\n", answer(Json::parse(line)).dump());
  }
}
