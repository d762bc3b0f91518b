#include "harness/text_space.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace coresweep {
namespace {

class TextSpaceTest : public testing::Test {
 protected:
  TextSpaceTest() {
    if (const char* before = std::getenv("LC_ALL")) {
      before_ = before;
    }
  }
  ~TextSpaceTest() override {
    if (before_) {
      ::setenv("LC_ALL", before_->c_str(), 1);
    } else {
      ::unsetenv("LC_ALL");
    }
  }

  static Letters letters_in(const char* locale) {
    ::setenv("LC_ALL", locale, 1);
    return text_space_of_stdout().letters;
  }

 private:
  std::optional<std::string> before_;
};

TEST_F(TextSpaceTest, HasTheLettersOfALocaleThatIsThere) {
  EXPECT_EQ(letters_in("C"), Letters::kAscii);
  EXPECT_EQ(letters_in("C.UTF-8"), Letters::kUtf8);
  EXPECT_EQ(letters_in("xx_XX.UTF-8"), Letters::kAscii);
}

}  // namespace
}  // namespace coresweep
