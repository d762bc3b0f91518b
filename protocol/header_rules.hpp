// Which lists of header fields make a well-formed request or its trailers: RFC 9113, sections 8.2
// and 8.3. Whether a name or a value is made of the right characters is nghttp2's to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace coresweep {

class HeaderRules {
 public:
  /// In the order of the list.
  void add_field(std::string_view name, std::string_view value);

  [[nodiscard]] bool are_kept_by_request() const;
  [[nodiscard]] bool are_kept_by_trailers() const { return kept_ && seen_ == 0; }

  /// The bytes of DATA that have to follow; nothing when the list does not say.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const { return content_length_; }

 private:
  void add_pseudo_field(std::string_view name, std::string_view value);
  void add_content_length(std::string_view value);

  std::optional<std::uint64_t> content_length_;
  std::uint8_t seen_ = 0;  // a bit each for the pseudo-fields and host
  bool is_connect_ = false;
  bool is_options_ = false;
  bool is_asterisk_ = false;  // its path is
  bool regular_seen_ = false;
  bool kept_ = true;
};

}  // namespace coresweep
