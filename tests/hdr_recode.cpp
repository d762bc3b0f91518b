// For hdr_test.py: each line of stdin is a histogram, as HdrHistogram writes it, or the values of
// one (nanoseconds). Prints what support/ makes of it, a JSON line each.
#include <fmt/format.h>

#include <iostream>
#include <sstream>
#include <string>

#include "support/hdr_encoding.hpp"

namespace {

coresweep::Histogram read(const std::string& line) {
  if (line.starts_with("HIST")) {
    return coresweep::decode_hdr(line);
  }
  coresweep::Histogram histogram;
  std::istringstream values(line);
  for (std::uint64_t value = 0; values >> value;) {
    histogram.record(value);
  }
  return histogram;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const coresweep::Histogram histogram = read(line);
    fmt::print(R"({{"count":{},"p50":{},"p99":{},"p999":{},"max":{},"histogram":"{}"}})"
               "\n",
               histogram.count(), histogram.percentile(50), histogram.percentile(99),
               histogram.percentile(99.9), histogram.max(), coresweep::encode_hdr(histogram));
  }
}
