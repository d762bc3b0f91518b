// Reads JSON that people write: nothing is guessed, and every complaint names the file and the
// field, says what stands there and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_lines.hpp"

namespace coresweep {

/// The content of the regular file at `path`, at most `most_bytes`. Throws WrongUsage.
[[nodiscard]] std::string read_text_file(const std::string& path, std::size_t most_bytes);

/// `text` as one object in which no key is given twice. Throws WrongUsage with line and column.
[[nodiscard]] Json parse_strict_json(const std::string& text, const std::string& file);

/// `names` as a person lists them: a, b, c.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// The fields of one object. Each reader takes the default when the key is absent, and throws
/// WrongUsage when the value is not what is allowed.
class StrictObject {
 public:
  /// Refuses keys that are not in `keys`. `path` is the object's own name in complaints, "" at the
  /// top.
  StrictObject(const Json& object, std::string file, std::string path,
               const std::vector<std::string>& keys);

  [[nodiscard]] const Json* find(const std::string& key) const;

  [[nodiscard]] std::string line_of_text(const std::string& key, std::size_t most_bytes) const;
  [[nodiscard]] std::string one_of(const std::string& key, const std::string& otherwise,
                                   const std::vector<std::string>& allowed) const;
  [[nodiscard]] std::int64_t whole_number(const std::string& key, std::int64_t otherwise,
                                          std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::chrono::nanoseconds duration(const std::string& key,
                                                  std::string_view otherwise,
                                                  std::string_view least,
                                                  std::string_view most) const;
  [[nodiscard]] bool truth(const std::string& key, bool otherwise) const;

  /// FILE: KEY is VALUE: allowed is ALLOWED.
  [[noreturn]] void refuse(const std::string& key, const Json& value,
                           const std::string& allowed) const;
  [[noreturn]] void refuse_missing(const std::string& key, const std::string& allowed) const;

 private:
  const Json& object_;
  std::string file_;
  std::string path_;
};

/// True when `value` is a whole number within [least, most].
[[nodiscard]] bool is_whole_number(const Json& value, std::int64_t least, std::int64_t most);

}  // namespace coresweep
