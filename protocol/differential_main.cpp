// differential FILE...: bytes that real clients have sent, one connection a file, to both server
// sessions (differential.hpp). One line a file; exit code 1 when any of them finds a difference.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "protocol/differential.hpp"

namespace {

// At most about a second for an input.
constexpr std::size_t kBudget = 20'000'000;

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The line; whether all was the same.
bool compare(const char* path) {
  const std::string bytes = read_file(path);
  coresweep::script::Differential both(bytes, /*repeat=*/1);
  both.compare();
  both.compare_cut_anywhere(kBudget);
  both.compare_cut_everywhere();
  std::printf("%s: compared %zu of %zu bytes", path, both.size(), bytes.size());
  for (const std::string& why : both.excused()) {
    std::printf(", excused %s", why.c_str());
  }
  for (const std::string& difference : both.differences()) {
    std::printf(", %s", difference.c_str());
  }
  std::printf("\n");
  return !bytes.empty() && both.differences().empty();
}

}  // namespace

int main(int count, char** paths) {
  bool same = count > 1;
  for (int i = 1; i < count; ++i) {
    same = compare(paths[i]) && same;
  }
  return same ? 0 : 1;
}
