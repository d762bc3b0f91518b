// Rule by rule, what LeanServerSession answers to the fields of a request.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/frame_script.hpp"
#include "protocol/lean_session.hpp"

namespace coresweep {
namespace {

using namespace script;  // NOLINT: its words are this file's language

// Its body follows whatever becomes of them.
struct FieldRule {
  std::string name;
  Fields fields;
  std::string words;
};

std::vector<LeanRule> with_bodies(const std::vector<FieldRule>& rules) {
  std::vector<LeanRule> whole;
  for (const auto& [name, fields, words] : rules) {
    whole.push_back({name, headers(1, fields) + data(1, message("x")), words});
  }
  return whole;
}

Fields in_order(Fields fields) { return fields; }

const std::string kMalformed = "1 reset PROTOCOL_ERROR";
const std::string kNul("a\0b", 3);
const std::string kLongPath = "/" + std::string(2'000, 'x');
const std::string kLongValue(8'190, 'v');

INSTANTIATE_TEST_SUITE_P(
    RequestFields, LeanServerSessionRule,
    testing::ValuesIn(with_bodies({
        {"NoMethod", post_without(":method"), kMalformed},
        {"NoScheme", post_without(":scheme"), kMalformed},
        {"NoPath", post_without(":path"), kMalformed},
        {"NoAuthority", post_without(":authority"), kMalformed},
        {"HostForAuthority",
         in_order({{":method", "POST"},
                   {":scheme", "http"},
                   {":path", kEcho},
                   {"host", "x"},
                   {"content-type", "application/grpc"}}),
         "1 answered"},
        {"TwoHosts", post({{"host", "x"}, {"host", "x"}}), kMalformed},
        {"EmptyHost", post({{"host", ""}}), kMalformed},
        {"EmptyMethod", post_with(":method", ""), kMalformed},
        {"EmptyScheme", post_with(":scheme", ""), kMalformed},
        {"WrongScheme", post_with(":scheme", "ht tp"), kMalformed},
        {"EmptyPath", post_with(":path", ""), kMalformed},
        {"PathWithoutSlash", post_with(":path", "test.Echo/Echo"), kMalformed},
        {"PathOfOptionsAlone", post_with(":path", "*"), kMalformed},
        {"TwoMethods",
         in_order(
             {{":method", "POST"}, {":method", "POST"}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"TwoPaths",
         in_order({{":method", "POST"}, {":path", kEcho}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"TwoAuthorities",
         in_order({{":method", "POST"},
                   {":path", kEcho},
                   {":scheme", "http"},
                   {":authority", "x"},
                   {":authority", "x"}}),
         kMalformed},
        {"UnknownPseudoField",
         in_order({{":method", "POST"}, {":scheme", "http"}, {":path", kEcho}, {":protocol", "x"}}),
         kMalformed},
        {"ReplysPseudoField",
         in_order({{":status", "200"}, {":method", "POST"}, {":scheme", "http"}, {":path", kEcho}}),
         kMalformed},
        {"LatePseudoField", post({{":authority", "x"}}), kMalformed},
        {"PseudoFieldBehindAnother",
         in_order({{":method", "POST"}, {":scheme", "http"}, {"te", "trailers"}, {":path", kEcho}}),
         kMalformed},
        {"UpperCaseName", post({{"Abc", "x"}}), kMalformed},
        {"EmptyName", post({{"", "x"}}), kMalformed},
        {"SpaceInName", post({{"a b", "x"}}), kMalformed},
        {"Connection", post({{"connection", "close"}}), kMalformed},
        {"KeepAlive", post({{"keep-alive", "1"}}), kMalformed},
        {"ProxyConnection", post({{"proxy-connection", "x"}}), kMalformed},
        {"TransferEncoding", post({{"transfer-encoding", "chunked"}}), kMalformed},
        {"Upgrade", post({{"upgrade", "h2c"}}), kMalformed},
        {"OtherTe", post_with("te", "gzip"), kMalformed},
        {"TeInAnyCase", post_with("te", "Trailers"), "1 answered"},
        {"NoTe", post_without("te"), "1 answered"},
        {"NulInValue", post({{"a", kNul}}), kMalformed},
        {"CarriageReturnInValue", post({{"a", "b\rc"}}), kMalformed},
        {"LineFeedInValue", post({{"a", "b\nc"}}), kMalformed},
        {"SpaceBeforeValue", post({{"a", " b"}}), kMalformed},
        {"EmptyValue", post({{"a", ""}}), "1 answered"},
        {"ContentLengthNoNumber", post({{"content-length", "6x"}}), kMalformed},
        {"ContentLengthEmpty", post({{"content-length", ""}}), kMalformed},
        {"ContentLengthNegative", post({{"content-length", "-6"}}), kMalformed},
        {"ContentLengthTwice", post({{"content-length", "6"}, {"content-length", "6"}}),
         kMalformed},
        {"ContentLengthAboveAnyNumber", post({{"content-length", "99999999999999999999"}}),
         kMalformed},
        {"Get", post_with(":method", "GET"), "1 http 405 then reset NO_ERROR"},
        {"Connect", in_order({{":method", "CONNECT"}, {":authority", "x"}}),
         "1 http 405 then reset NO_ERROR"},
        {"ConnectWithPath", post_with(":method", "CONNECT"), kMalformed},
        {"OptionsOfTheServer",
         in_order(
             {{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "x"}}),
         "1 http 405 then reset NO_ERROR"},
        {"LongPath", post_with(":path", kLongPath), "1 grpc 12 then reset NO_ERROR"},
        {"UnknownMethod", post({}, "/x/y"), "1 grpc 12 then reset NO_ERROR"},
        {"Gzip", post({{"grpc-encoding", "gzip"}}), "1 grpc 12 then reset NO_ERROR"},
        {"Identity", post({{"grpc-encoding", "identity"}}), "1 answered"},
        {"NoContentType", post_without("content-type"), "1 http 415 then reset NO_ERROR"},
        {"ContentTypeOfGrpcWeb", post_with("content-type", "application/grpc-web"),
         "1 http 415 then reset NO_ERROR"},
        {"ContentTypeWithProto", post_with("content-type", "application/grpc+proto"), "1 answered"},
        {"ContentTypeWithParameter", post_with("content-type", "application/grpc;a=b"),
         "1 answered"},
        {"TimeoutInNanoseconds", post({{"grpc-timeout", "99999999n"}}), "1 answered"},
        {"TimeoutInHours", post({{"grpc-timeout", "1H"}}), "1 answered"},
        {"TimeoutInMinutes", post({{"grpc-timeout", "1M"}}), "1 answered"},
        {"TimeoutInSeconds", post({{"grpc-timeout", "1S"}}), "1 answered"},
        {"TimeoutInMilliseconds", post({{"grpc-timeout", "1m"}}), "1 answered"},
        {"TimeoutInMicroseconds", post({{"grpc-timeout", "1u"}}), "1 answered"},
        {"TimeoutOfNothing", post({{"grpc-timeout", "0S"}}), "1 answered"},
        {"TimeoutInNoUnit", post({{"grpc-timeout", "1s"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutOfNineDigits", post({{"grpc-timeout", "123456789S"}}),
         "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutWithoutUnit", post({{"grpc-timeout", "10"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutWithoutDigits", post({{"grpc-timeout", "S"}}), "1 grpc 13 then reset NO_ERROR"},
        {"TimeoutNegative", post({{"grpc-timeout", "-1S"}}), "1 grpc 13 then reset NO_ERROR"},
        {"ListAboveTheLimit", post({{"a", kLongValue}, {"b", kLongValue}}),
         "1 http 431 then reset NO_ERROR"},
    })),
    rule_name);

// What the head decides needs no body: the same answers when the request ends with it.
INSTANTIATE_TEST_SUITE_P(
    RequestsThatEndWithTheHead, LeanServerSessionRule,
    testing::ValuesIn(std::vector<LeanRule>{
        {"Get", headers(1, post_with(":method", "GET"), kWhole | kEnds), "1 http 405"},
        {"NoContentType", headers(1, post_without("content-type"), kWhole | kEnds), "1 http 415"},
        {"UnknownMethod", headers(1, post({}, "/x/y"), kWhole | kEnds), "1 grpc 12"},
        {"Gzip", headers(1, post({{"grpc-encoding", "gzip"}}), kWhole | kEnds), "1 grpc 12"},
        {"TimeoutWithoutUnit", headers(1, post({{"grpc-timeout", "1"}}), kWhole | kEnds),
         "1 grpc 13"},
        {"ListAboveTheLimit",
         headers(1, post({{"a", kLongValue}, {"b", kLongValue}}), kWhole | kEnds), "1 http 431"},
    }),
    rule_name);

}  // namespace
}  // namespace coresweep
