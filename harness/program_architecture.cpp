#include "harness/program_architecture.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>

namespace coresweep {

std::string program_architecture(const std::string& path) {
  // The beginning is alike in both sizes of ELF.
  Elf64_Ehdr header{};
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&header), sizeof(header));
  if (!file || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64) {
    return {};
  }
  switch (header.e_machine) {
    case EM_X86_64:
      return "x86_64";
    case EM_AARCH64:
      return "aarch64";
    default:
      return {};
  }
}

}  // namespace coresweep
