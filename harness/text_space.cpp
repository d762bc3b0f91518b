#include "harness/text_space.hpp"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>

namespace coresweep {
namespace {

// The program itself stays in the C locale: its numbers have a point.
Letters letters_of_locale() {
  const locale_t locale = ::newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) {
    return Letters::kAscii;
  }
  const bool is_utf8 = ::nl_langinfo_l(CODESET, locale) == std::string_view("UTF-8");
  ::freelocale(locale);
  return is_utf8 ? Letters::kUtf8 : Letters::kAscii;
}

}  // namespace

TextSpace text_space_of_stdout() {
  TextSpace space;
  space.letters = letters_of_locale();
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    space.columns = size.ws_col;
  }
  return space;
}

}  // namespace coresweep
