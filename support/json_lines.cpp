#include "support/json_lines.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace coresweep {

bool write_json_line(int fd, const Json& value) {
  // A value may hold bytes that are no UTF-8 (a server's stderr): they are replaced, never thrown
  // on.
  std::string line = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<Json> parse_json_line(std::string_view line) {
  Json value = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace coresweep
