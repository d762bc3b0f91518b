#include "harness/stored_headline.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(StoredHeadline, EachSideHasItsOwnArm) {
  const auto headline = stored_headline(Json::parse(
      R"({"headline": {"architecture": "loops", "engine": "io_uring", "http2": "lean",
          "against": "reactor", "against_engine": "epoll", "against_http2": "nghttp2"}})"));
  ASSERT_TRUE(headline.has_value());
  EXPECT_EQ(headline->over, (Arm{"loops", "io_uring", "lean"}));
  EXPECT_EQ(headline->under, (Arm{"reactor", "epoll", "nghttp2"}));
}

TEST(StoredHeadline, WhatAnOldRunLeavesOutIsAny) {
  const auto headline =
      stored_headline(Json::parse(R"({"headline": {"architecture": "loops", "against": "reactor",
                                      "against_http2": "lean"}})"));
  ASSERT_TRUE(headline.has_value());
  EXPECT_TRUE(is_side({"loops", "io_uring", "nghttp2"}, headline->over));
  EXPECT_TRUE(is_side({"reactor", "io_uring", "lean"}, headline->under));
  EXPECT_FALSE(is_side({"reactor", "io_uring", "nghttp2"}, headline->under));
  EXPECT_FALSE(is_side({"reactor", "io_uring", "lean"}, headline->over));
}

TEST(StoredHeadline, WhatNamesNoTwoSidesIsNone) {
  for (const char* record :
       {"{}", R"({"headline": null})", R"({"headline": []})",
        R"({"headline": {"architecture": "loops"}})", R"({"headline": {"against": "reactor"}})",
        R"({"headline": {"architecture": 3, "against": "reactor"}})"}) {
    EXPECT_FALSE(stored_headline(Json::parse(record)).has_value()) << record;
  }
}

}  // namespace
}  // namespace coresweep
