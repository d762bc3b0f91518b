// What a request's list alone decides; each rule over the wire: lean_server_requests_test.cpp.
#include "protocol/header_rules.hpp"

#include <gtest/gtest.h>

#include "protocol/frame_script.hpp"

namespace coresweep {
namespace {

HeaderRules rules(const script::Fields& fields) {
  HeaderRules rules;
  for (const auto& [name, value] : fields) {
    rules.add_field(name, value);
  }
  return rules;
}

TEST(HeaderRules, ARequestNeedsItsPseudoFields) {
  EXPECT_TRUE(rules(script::post()).are_kept_by_request());
  for (const char* name : {":method", ":scheme", ":path", ":authority"}) {
    EXPECT_FALSE(rules(script::post_without(name)).are_kept_by_request()) << name;
    EXPECT_FALSE(rules(script::post_with(name, "")).are_kept_by_request()) << name;
  }
}

TEST(HeaderRules, TrailersMayHaveNone) {
  EXPECT_TRUE(rules({}).are_kept_by_trailers());
  EXPECT_TRUE(rules({{"a", "b"}}).are_kept_by_trailers());
  EXPECT_FALSE(rules({{":path", "/"}}).are_kept_by_trailers());
  EXPECT_FALSE(rules({{":unknown", "/"}}).are_kept_by_trailers());
  EXPECT_FALSE(rules({{"Upper", "x"}}).are_kept_by_trailers());
}

TEST(HeaderRules, SchemesHaveAForm) {
  for (const char* scheme : {"http", "HTTPS", "a+b-c.d9"}) {
    EXPECT_TRUE(rules(script::post_with(":scheme", scheme)).are_kept_by_request()) << scheme;
  }
  for (const char* scheme : {"9a", "+a", "a b", "a:", "a/"}) {
    EXPECT_FALSE(rules(script::post_with(":scheme", scheme)).are_kept_by_request()) << scheme;
  }
}

TEST(HeaderRules, ContentLengthIsSaid) {
  EXPECT_EQ(rules(script::post()).content_length(), std::nullopt);
  EXPECT_EQ(rules(script::post({{"content-length", "0"}})).content_length(), 0U);
  EXPECT_EQ(rules(script::post({{"content-length", "18446744073709551615"}})).content_length(),
            18'446'744'073'709'551'615U);
  EXPECT_FALSE(
      rules(script::post({{"content-length", "18446744073709551616"}})).are_kept_by_request());
}

}  // namespace
}  // namespace coresweep
