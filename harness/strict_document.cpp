#include "harness/strict_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/failure.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kDeepestNesting = 16;
constexpr std::size_t kMostKeys = 1'000;  // looked up one by one: a million would take minutes
constexpr std::size_t kLongestQuote = 60;
constexpr std::size_t kLongestFault = 300;

using Event = Json::parse_event_t;

// Hands a text to the parser byte by byte, and says how far it has come: nlohmann's parser tells
// what it reads, and not where.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}

  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// Parses a text and tells what is read, as it is read.
class SeeingParser {
 public:
  explicit SeeingParser(const std::string& text)
      : begin_(text.data()), end_(begin_ + text.size()), reached_(begin_) {}

  template <typename See>
  Json parse(const See& see) {
    return Json::parse(Cursor(begin_, &reached_), Cursor(end_, &reached_),
                       [this, &see](int /*depth*/, Event event, Json& parsed) {
                         see(event, parsed, offset());
                         return true;
                       });
  }

  // Of the last byte read: on the line of what was read, since no token is on two. (Behind a number
  // one more was read, at most the newline that ends its line.)
  [[nodiscard]] std::size_t offset() const {
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(reached_ - begin_ - 1, 0));
  }

 private:
  const char* begin_;
  const char* end_;
  const char* reached_;
};

int line_at(const std::string& text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<int>(std::count(text.begin(), end, '\n'));
}

std::size_t column_at(const std::string& text, std::size_t offset) {
  const auto newline = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
  return newline == std::string::npos ? offset + 1 : offset - newline;
}

std::string shortened(const std::string& ascii, std::size_t most) {
  return ascii.size() <= most ? ascii : ascii.substr(0, most) + "...";
}

// "[json.exception.parse_error.101] parse error at line 3, column 5: ..." without its first words.
std::string plain_error(const std::string& what) {
  std::string text = what;
  for (const std::string_view words : {"] ", "parse error at ", ": "}) {
    const auto at = text.find(words);
    if (at != std::string::npos && (words != ": " || text.starts_with("line "))) {
      text.erase(0, at + words.size());
    }
  }
  for (char& byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code > 0x7e) {
      byte = '?';
    }
  }
  return shortened(text, kLongestFault);
}

// Sees every key while the parser still knows them all; afterwards the second of two is gone.
class Bounds {
 public:
  void see(Event event, const Json& parsed, std::size_t offset) {
    if (event == Event::object_start || event == Event::array_start) {
      levels_.emplace_back();
      if (levels_.size() > kDeepestNesting) {
        throw JsonFault(
            fmt::format("nested deeper than the {} levels that are allowed", kDeepestNesting),
            offset);
      }
    } else if (event == Event::object_end || event == Event::array_end) {
      levels_.pop_back();
    } else if (event == Event::key) {
      if (!levels_.back().insert(parsed.get<std::string>()).second) {
        throw JsonFault(fmt::format("{} is given twice in one object", quoted_json(parsed)),
                        offset);
      }
      if (levels_.back().size() > kMostKeys) {
        throw JsonFault(
            fmt::format("an object has more than the {} keys that are allowed", kMostKeys),
            offset);
      }
    }
  }

 private:
  std::vector<std::set<std::string>> levels_;
};

void append_member(std::string& place, const std::string& key) {
  const auto is_plain = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
  };
  // A key such as "threads[0]" is no element of a list.
  if (!std::all_of(key.begin(), key.end(), is_plain)) {
    place += fmt::format("[\"{}\"]", key);
    return;
  }
  place += place.empty() ? "" : ".";
  place += key;
}

enum class Part { kKey, kValue };

// Follows the parser and knows the name of what it reads.
class PlaceFinder {
 public:
  PlaceFinder(const std::string& wanted, Part part) : wanted_(wanted), part_(part) {}

  void see(Event event, const Json& parsed, std::size_t offset) {
    if (event == Event::object_end || event == Event::array_end) {
      levels_.pop_back();
      return;
    }
    if (event == Event::key) {
      place_.resize(levels_.back().length);
      append_member(place_, parsed.get_ref<const std::string&>());
      compare(Part::kKey, offset);
      return;
    }
    if (!levels_.empty() && levels_.back().is_list) {
      place_.resize(levels_.back().length);
      place_ += fmt::format("[{}]", levels_.back().next++);
    }
    compare(Part::kValue, offset);
    if (event != Event::value) {
      levels_.push_back({place_.size(), event == Event::array_start, 0});
    }
  }

  [[nodiscard]] std::optional<std::size_t> found() const { return found_; }

 private:
  struct Level {
    std::size_t length;  ///< of the container's own name
    bool is_list;
    std::size_t next;  ///< index of its next element
  };

  void compare(Part part, std::size_t offset) {
    if (part == part_ && place_ == wanted_) {
      found_ = offset;
    }
  }

  const std::string& wanted_;
  Part part_;
  std::string place_;
  std::vector<Level> levels_;
  std::optional<std::size_t> found_;
};

// Read once more for each complaint: most files get none, and none needs a table of all its places.
std::optional<int> find_line(const std::string& text, const std::string& place, Part part) {
  PlaceFinder finder(place, part);
  static_cast<void>(
      SeeingParser(text).parse([&finder](Event event, const Json& parsed, std::size_t offset) {
        finder.see(event, parsed, offset);
      }));
  const auto offset = finder.found();
  return offset ? std::optional(line_at(text, *offset)) : std::nullopt;
}

}  // namespace

Json parse_bounded_json(const std::string& text) {
  // The parser takes it for the text's end, and whatever follows for nothing.
  if (const auto at = text.find('\0'); at != std::string::npos) {
    throw JsonFault(fmt::format("holds a NUL byte, at offset {}", at), at);
  }
  Bounds bounds;
  SeeingParser parser(text);
  try {
    return parser.parse([&bounds](Event event, const Json& parsed, std::size_t offset) {
      bounds.see(event, parsed, offset);
    });
  } catch (const Json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    throw JsonFault(
        fmt::format("column {}: {}", column_at(text, offset), plain_error(error.what())), offset);
  } catch (const Json::exception& error) {
    throw JsonFault(plain_error(error.what()), parser.offset());
  }
}

std::optional<int> StrictDocument::line_of(const std::string& place) const {
  return find_line(text, place, Part::kValue);
}

std::optional<int> StrictDocument::line_of_key(const std::string& place) const {
  return find_line(text, place, Part::kKey);
}

std::string member_place(const std::string& place, const std::string& key) {
  std::string member = place;
  append_member(member, key);
  return member;
}

StrictDocument parse_strict_json(const std::string& text, const std::string& file) {
  StrictDocument document{file, text, {}};
  try {
    document.value = parse_bounded_json(text);
  } catch (const JsonFault& fault) {
    throw WrongUsage(fmt::format("{}:{}: {}", file, line_at(text, fault.offset), fault.what()));
  }
  if (!document.value.is_object()) {
    throw WrongUsage(fmt::format("{}:{}: is {}: allowed is an object", file,
                                 document.line_of("").value_or(1),
                                 described_json(document.value)));
  }
  return document;
}

std::string quoted_json(const Json& value) {
  return shortened(value.dump(-1, ' ', true, Json::error_handler_t::replace), kLongestQuote);
}

std::string described_json(const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return value.empty() ? "an empty list" : "a list";
    case Json::value_t::string:
      return "the text " + quoted_json(value);
    default:
      return quoted_json(value);
  }
}

}  // namespace coresweep
