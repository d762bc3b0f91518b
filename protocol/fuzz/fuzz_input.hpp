// What every fuzz target makes of its input: the first bytes say where the rest is cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "protocol/bytes.hpp"

// libFuzzer's entry, and fuzz_corpus.cpp's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace coresweep {

/// Ends the program where a fuzzer sees it: also in builds without assert().
inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Calls `read(part)` for each part of the input behind its first kCuts bytes, as a socket would
/// hand it on. Those say how many bytes each part has, in turn: 0 is all the rest.
/// Stops when `read` returns false.
template <class Read>
void read_in_parts(Bytes input, Read&& read) {
  constexpr std::size_t kCuts = 4;
  const Bytes cuts = input.first(std::min(kCuts, input.size()));
  input = input.subspan(cuts.size());
  for (std::size_t turn = 0; !input.empty(); ++turn) {
    const std::size_t wanted = cuts[turn % cuts.size()];
    const std::size_t size = wanted == 0 ? input.size() : std::min(wanted, input.size());
    if (!read(input.first(size))) {
      return;
    }
    input = input.subspan(size);
  }
}

}  // namespace coresweep
