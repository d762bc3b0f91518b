// Reads JSON that people write: nothing is guessed, and every complaint names the file, the line
// and the field, says what stands there and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/strict_document.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// The content of the regular file at `path`, at most `most_bytes`. Throws WrongUsage.
[[nodiscard]] std::string read_text_file(const std::string& path, std::size_t most_bytes);

/// `names` as a person lists them: a, b, c.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// The fields of one object. Each reader takes the default when the key is absent, and throws
/// WrongUsage when the value is not what is allowed.
class StrictObject {
 public:
  /// Each refuses keys that are not in `keys`, and refers to what it is made of.
  StrictObject(const StrictDocument& document, const std::vector<std::string>& keys);
  /// The object that stands in `outer` at `key`.
  StrictObject(const StrictObject& outer, const std::string& key,
               const std::vector<std::string>& keys);
  /// The object that is element `index` of the list that stands there.
  StrictObject(const StrictObject& outer, const std::string& key, std::size_t index,
               const std::vector<std::string>& keys);
  /// An object of no file: complaints begin with `where`. `path` is its own name in them.
  StrictObject(const Json& object, std::string where, std::string path,
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

  /// FILE:LINE: KEY is VALUE: allowed is ALLOWED. An element's key is such as "threads[1]".
  [[noreturn]] void refuse(const std::string& key, const Json& value,
                           const std::string& allowed) const;
  /// The line is the one on which the object begins.
  [[noreturn]] void refuse_missing(const std::string& key, const std::string& allowed) const;
  /// FILE:LINE: KEY and whatever `complaint` says of it.
  [[noreturn]] void complain(const std::string& key, const std::string& complaint) const;

 private:
  void refuse_unknown(const std::vector<std::string>& keys) const;
  [[nodiscard]] std::string where(const std::string& place) const;

  const Json& object_;
  std::string file_;
  std::string path_;
  const StrictDocument* document_ = nullptr;
};

/// True when `value` is a whole number within [least, most].
[[nodiscard]] bool is_whole_number(const Json& value, std::int64_t least, std::int64_t most);

}  // namespace coresweep
