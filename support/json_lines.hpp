// The programs speak JSON lines: one object a line, written whole, keys in the order they were set.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace coresweep {

using Json = nlohmann::ordered_json;

/// Writes `value` and a newline to `fd` with as few writes as the kernel allows.
/// Returns false when the other end is gone or the disk is full; errno says which.
[[nodiscard]] bool write_json_line(int fd, const Json& value);

/// One line (without its newline) as a JSON object; nothing when it is not one.
[[nodiscard]] std::optional<Json> parse_json_line(std::string_view line);

}  // namespace coresweep
