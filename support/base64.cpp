#include "support/base64.hpp"

#include <algorithm>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

namespace coresweep {

using namespace boost::archive::iterators;

std::string encode_base64(std::string_view bytes) {
  using Encoded = base64_from_binary<transform_width<std::string_view::const_iterator, 6, 8>>;
  std::string text(Encoded(bytes.begin()), Encoded(bytes.end()));
  text.append((3 - bytes.size() % 3) % 3, '=');
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  using Decoded = transform_width<binary_from_base64<std::string_view::const_iterator>, 8, 6>;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t padding = text.size() - std::min(text.size(), text.find('='));
  const std::string_view digits = text.substr(0, text.size() - padding);
  if (text.size() % 4 != 0 || padding > 2 ||
      text.substr(digits.size()).find_first_not_of('=') != std::string_view::npos ||
      digits.find_first_not_of(kAlphabet) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string bytes;
  Decoded at(digits.begin());
  for (std::size_t left = digits.size() * 6 / 8; left > 0; --left) {
    bytes += *at++;
  }
  return bytes;
}

}  // namespace coresweep
