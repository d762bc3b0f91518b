// What the tests do to a file's text: whatever a disk, an editor or an enemy might.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace coresweep {

/// `text` with one to four changes: a byte, a part copied, a part left out, the end lost, a value
/// that no file should hold.
inline std::string mutated(const std::string& text, std::mt19937& engine) {
  const auto below = [&engine](std::size_t bound) { return engine() % bound; };
  constexpr std::string_view kBytes = "{}[]\",:0159-.eu\\ntf \n\x01\x80\xff";
  const std::string values[] = {"1e999", "-1",   "18446744073709551616", "1e308", "0.5",
                                "null",  "true", "\"\"",                 "[]",    "{}",
                                "\"x\"", std::string(1'000, '[')};
  std::string mutant = text;
  for (std::size_t changes = 1 + below(4); changes > 0 && !mutant.empty(); --changes) {
    const std::size_t at = below(mutant.size());
    const std::size_t length = below(2) == 0 ? 1 : below(mutant.size() - at);
    switch (below(6)) {
      case 0:
        mutant[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        mutant.insert(at, mutant.substr(below(mutant.size()), length));
        break;
      case 2:
        mutant.erase(at, length);
        break;
      case 3:
        mutant.resize(below(10) == 0 ? at : mutant.size());
        break;
      case 4: {  // a whole line once more
        const auto begin = mutant.rfind('\n', at) + 1;
        const auto end = mutant.find('\n', at);
        const auto size = end == std::string::npos ? end : end + 1 - begin;
        mutant.insert(begin, mutant.substr(begin, size));
        break;
      }
      default:
        if (const auto colon = mutant.find(':', at); colon != std::string::npos) {
          const auto end = mutant.find_first_of(",}]\n", colon);
          mutant.replace(colon + 1, end == std::string::npos ? end : end - colon - 1,
                         values[below(std::size(values))]);
        }
    }
  }
  return mutant;
}

}  // namespace coresweep
