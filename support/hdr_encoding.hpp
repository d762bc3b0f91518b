// Histograms as HdrHistogram writes them, so that its tools in other languages read ours and we
// theirs: the compressed V2 encoding, in base64 ("HISTF...").
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "support/histogram.hpp"

namespace coresweep {

/// Counts by bucket; the exact sum and maximum are not in it.
[[nodiscard]] std::string encode_hdr(const Histogram& histogram);

class HdrError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The histogram that `text` encodes. Throws HdrError, whose text says what is wrong with it: also
/// when it has other buckets than ours (1 ns to 100 s, three digits), since such cannot be merged
/// exactly.
[[nodiscard]] Histogram decode_hdr(std::string_view text);

}  // namespace coresweep
