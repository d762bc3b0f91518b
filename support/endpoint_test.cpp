#include "support/endpoint.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

TEST(Endpoint, TakesNumericAddresses) {
  const auto four = parse_endpoint("127.0.0.1:10051", PortZero::refused);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->address, "127.0.0.1");
  EXPECT_EQ(four->port, 10051);
  const auto six = parse_endpoint("[::1]:80", PortZero::refused);
  ASSERT_TRUE(six);
  EXPECT_EQ(six->address, "::1");
  EXPECT_EQ(six->port, 80);
}

TEST(Endpoint, PortZeroOnlyWhereItMeansAFreeOne) {
  EXPECT_TRUE(parse_endpoint("0.0.0.0:0", PortZero::allowed));
  EXPECT_FALSE(parse_endpoint("0.0.0.0:0", PortZero::refused));
}

TEST(Endpoint, FormatIsTheInverse) {
  for (const char* text : {"127.0.0.1:10051", "[::1]:80", "[2001:db8::7]:65535"}) {
    const auto endpoint = parse_endpoint(text, PortZero::refused);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(format_endpoint(endpoint->address, endpoint->port), text);
  }
}

TEST(Endpoint, TakesNamesWhereTheyAreAsked) {
  for (const char* text : {"localhost:1", "a-b.example.org:10051", "127.0.0.1:10051", "[::1]:80"}) {
    const auto endpoint = parse_host_and_port(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(format_endpoint(endpoint->address, endpoint->port), text);
  }
  for (const char* text : {"localhost", ":80", "localhost:0", "1.2.3:4", "256.0.0.1:80", "a b:80",
                           "[localhost]:80", "::1:80", "http://x:80"}) {
    EXPECT_FALSE(parse_host_and_port(text)) << '"' << text << '"';
  }
}

TEST(Endpoint, RefusesAllElse) {
  for (const char* text :
       {"", ":", "127.0.0.1", "127.0.0.1:", "localhost:1", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:1x", "::1:80", "[]:80", "[127.0.0.1]:80", "1.2.3:4"}) {
    EXPECT_FALSE(parse_endpoint(text, PortZero::allowed)) << '"' << text << '"';
  }
}

}  // namespace
}  // namespace coresweep
