// Files of /proc and /sys, below a root so that recorded ones can stand in for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace coresweep {

struct HostText {
  std::optional<std::string> text;
  std::string why;  ///< there is none: "/proc/swaps: No such file or directory"
};

/// A whole file, up to 4 MiB of it. `file` is absolute as the kernel has it, such as "/proc/swaps".
[[nodiscard]] HostText read_host_text(const std::filesystem::path& root, const std::string& file);

/// Its first line without blanks at its ends. No text when that is empty.
[[nodiscard]] HostText read_host_line(const std::filesystem::path& root, const std::string& file);

/// The same, of a file that holds one name of up to 64 letters, digits, '_' and '-', a letter
/// first.
[[nodiscard]] HostText read_host_word(const std::filesystem::path& root, const std::string& file);

/// The same, of a file that holds one whole number.
struct HostNumber {
  std::optional<std::int64_t> value;
  std::string why;
};
[[nodiscard]] HostNumber read_host_number(const std::filesystem::path& root,
                                          const std::string& file);

/// `text` as a whole number and nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_whole_number(std::string_view text);

/// Without blanks and newlines at its ends.
[[nodiscard]] std::string_view without_blanks(std::string_view text);

/// `text` as a record may keep it: ASCII without control characters, '?' for each other byte, and
/// no more than 1,024 of it.
[[nodiscard]] std::string recordable(std::string_view text);

/// The rest of the first line of `text` that starts with `key`.
[[nodiscard]] std::optional<std::string> line_behind(std::string_view text, std::string_view key);

}  // namespace coresweep
