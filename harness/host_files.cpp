#include "harness/host_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kMostOfAHostFile = 1 << 22;

bool is_letter_of_a_name(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

}  // namespace

HostText read_host_text(const std::filesystem::path& root, const std::string& file) {
  const auto failed = [&file] {
    return HostText{std::nullopt, fmt::format("{}: {}", file, std::strerror(errno))};
  };
  // What stands there instead of a file, a pipe say, is not waited for.
  const std::string path = root / file.substr(1);
  const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened.is_open()) {
    return failed();
  }
  std::string text;
  std::array<char, 16'384> chunk{};
  while (text.size() < kMostOfAHostFile) {
    const ssize_t got = ::read(opened.get(), chunk.data(), chunk.size());
    if (got < 0) {
      return failed();
    }
    if (got == 0) {
      break;
    }
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return {std::move(text), ""};
}

HostText read_host_line(const std::filesystem::path& root, const std::string& file) {
  HostText read = read_host_text(root, file);
  if (read.text) {
    const std::string line(without_blanks(read.text->substr(0, read.text->find('\n'))));
    read = line.empty() ? HostText{std::nullopt, file + ": is empty"} : HostText{line, ""};
  }
  return read;
}

HostText read_host_word(const std::filesystem::path& root, const std::string& file) {
  HostText read = read_host_line(root, file);
  constexpr std::size_t kLongest = 64;
  const auto is_name = [](const std::string& text) {
    return text.size() <= kLongest && !(text[0] >= '0' && text[0] <= '9') && text[0] != '-' &&
           std::all_of(text.begin(), text.end(), is_letter_of_a_name);
  };
  if (read.text && !is_name(*read.text)) {
    return {std::nullopt, file + ": holds no name"};
  }
  return read;
}

HostNumber read_host_number(const std::filesystem::path& root, const std::string& file) {
  const HostText read = read_host_line(root, file);
  if (!read.text) {
    return {std::nullopt, read.why};
  }
  const auto value = parse_whole_number(*read.text);
  return value ? HostNumber{value, ""} : HostNumber{std::nullopt, file + ": holds no number"};
}

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

std::string recordable(std::string_view text) {
  constexpr std::size_t kMost = 1024;
  std::string recorded(text.substr(0, kMost));
  std::replace_if(
      recorded.begin(), recorded.end(), [](char byte) { return byte < ' ' || byte > '~'; }, '?');
  return recorded;
}

std::optional<std::string> line_behind(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key)) {
      return std::string(without_blanks(line.substr(key.size())));
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return std::nullopt;
}

}  // namespace coresweep
