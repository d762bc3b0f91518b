#include "loadgen/service_call.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "loadgen/proto_method.hpp"
#include "protocol/greeting.hpp"
#include "support/base64.hpp"
#include "support/checksum.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

// What servers take unless they are told otherwise.
constexpr std::size_t kMostBytes = std::size_t{4} << 20;
constexpr std::size_t kMostExchanges = 100'000;
constexpr std::size_t kMostLinesBytes = std::size_t{64} << 20;  // of all of them as text
constexpr std::size_t kPart = 65'536;                           // that a file is read in
// Likewise, by gRPC's default, and all of it in one frame.
constexpr std::size_t kMostMetadata = 8'192;

std::string checked(std::string request, const std::string& where) {
  if (request.size() > kMostBytes) {
    throw ServiceError(fmt::format("{}: the request has {} bytes, allowed are {}", where,
                                   request.size(), kMostBytes));
  }
  return request;
}

// Reads no more than a byte above `most`: what is given may be a device or a pipe without end.
std::string read_file(const std::string& flag, const std::string& path, std::size_t most) {
  const auto refuse = [&] {
    return ServiceError(
        fmt::format("{}: '{}': {}", flag, path, std::system_category().message(errno)));
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    throw refuse();
  }
  std::string bytes;
  std::vector<char> part(kPart);
  while (bytes.size() <= most) {
    const ssize_t size =
        ::read(file.get(), part.data(), std::min(part.size(), most + 1 - bytes.size()));
    if (size < 0) {
      throw refuse();
    }
    if (size == 0) {
      return bytes;
    }
    bytes.append(part.data(), static_cast<std::size_t>(size));
  }
  throw ServiceError(
      fmt::format("{}: '{}' has more than {} bytes, which is what is allowed", flag, path, most));
}

std::string encode(const ProtoMethod& method, std::string_view json, const std::string& where) {
  try {
    return checked(method.encode(json), where);
  } catch (const ServiceError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw ServiceError(fmt::format("{}: {}", where, error.what()));
  }
}

std::vector<Exchange> encode_lines(const ProtoMethod& method, const std::string& path) {
  std::vector<Exchange> exchanges;
  std::istringstream lines(read_file("--json-lines", path, kMostLinesBytes));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    if (exchanges.size() == kMostExchanges) {
      throw ServiceError(
          fmt::format("--json-lines: '{}' has more than {} requests", path, kMostExchanges));
    }
    exchanges.push_back(
        {.request = encode(method, line, fmt::format("--json-lines: {}:{}", path, number)),
         .any_reply = true,
         .reply = {}});
  }
  if (exchanges.empty()) {
    throw ServiceError(fmt::format("--json-lines: '{}' has no request", path));
  }
  return exchanges;
}

// "gRPC over HTTP/2", Custom-Metadata; and what HTTP/2 or we have a say in.
std::pair<std::string, std::string> read_metadata(const std::string& text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
  constexpr std::array<std::string_view, 10> kOurs{
      "content-type", "content-length",    "te",      "user-agent", "host",
      "connection",   "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"};
  const std::size_t equals = text.find('=');
  const std::string key = text.substr(0, std::min(equals, text.size()));
  if (equals == std::string::npos || key.empty() ||
      key.find_first_not_of(kAllowed) != std::string::npos) {
    throw ServiceError(fmt::format(
        "--metadata: '{}': allowed is key=value, the key of a-z, 0-9, _, - and .", text));
  }
  if (std::ranges::find(kOurs, key) != kOurs.end() || key.starts_with("grpc-")) {
    throw ServiceError(fmt::format("--metadata: '{}' is not yours to set", key));
  }
  std::string value = text.substr(equals + 1);
  if (key.ends_with("-bin")) {
    return {key, encode_base64(value)};
  }
  if (std::ranges::any_of(value, [](char c) { return c < ' ' || c > '~'; })) {
    throw ServiceError(fmt::format(
        "--metadata: the value of '{}' is no printable ASCII: a key that ends in -bin may have "
        "any",
        key));
  }
  return {key, std::move(value)};
}

ServiceCall greet(const ServiceFlags& flags) {
  const std::string name = flags.request_bytes > 0
                               ? std::string(static_cast<std::size_t>(flags.request_bytes), 'x')
                               : "world";
  const auto reply_bytes = static_cast<std::uint32_t>(flags.reply_bytes);
  return {.path = std::string(kSayHelloPath),
          .metadata = {},
          .exchanges = {{.request = encode_request(name, reply_bytes),
                         .any_reply = false,
                         .reply = encode_reply(name, reply_bytes)}},
          .reply_bytes = reply_bytes > 0 ? std::optional(reply_bytes) : std::nullopt};
}

void require_that_flags_go_together(const ServiceFlags& flags) {
  const std::array<std::pair<bool, std::string_view>, 3> requests{
      {{flags.json.has_value(), "--json"},
       {flags.json_lines.has_value(), "--json-lines"},
       {flags.request_file.has_value(), "--request-file"}}};
  std::optional<std::string_view> given;
  for (const auto& [is_given, flag] : requests) {
    if (is_given && given) {
      throw ServiceError(fmt::format("{} and {}: allowed is one of them", *given, flag));
    }
    given = is_given ? flag : given;
  }
  if (!flags.method) {
    if (given || flags.proto) {
      throw ServiceError(
          fmt::format("{} needs --method pkg.Service/Method", flags.proto ? "--proto" : *given));
    }
    return;
  }
  if (flags.request_bytes > 0 || flags.reply_bytes > 0) {
    throw ServiceError(fmt::format("{}: only SayHello of our own greeter has it, not --method",
                                   flags.request_bytes > 0 ? "--request-bytes" : "--reply-bytes"));
  }
  if (!flags.proto && given && *given != "--request-file") {
    throw ServiceError(fmt::format("{} needs --proto, which says what the fields are", *given));
  }
  if (flags.proto && given && *given == "--request-file") {
    throw ServiceError("--request-file holds bytes: --proto says nothing about them");
  }
}

}  // namespace

std::string ServiceCall::checksum() const {
  Checksum sum;
  for (const auto& [key, value] : metadata) {
    sum.add(key);
    sum.add(value);
  }
  for (const Exchange& exchange : exchanges) {
    sum.add(exchange.request);
    sum.add(exchange.any_reply ? "any reply" : "this reply");
    sum.add(exchange.reply);
  }
  return sum.text();
}

ServiceCall read_service_call(const ServiceFlags& flags) {
  require_that_flags_go_together(flags);
  ServiceCall call;
  if (!flags.method) {
    call = greet(flags);
  } else if (!flags.proto) {
    const std::string& method = *flags.method;
    const std::size_t slash = method.rfind('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == method.size() ||
        std::ranges::any_of(method, [](char c) { return c <= ' ' || c > '~'; })) {
      throw ServiceError(fmt::format("--method: '{}': allowed is pkg.Service/Method", method));
    }
    call.path = "/" + method;
    call.exchanges.push_back(
        {.request =
             flags.request_file ? read_file("--request-file", *flags.request_file, kMostBytes) : "",
         .any_reply = true,
         .reply = {}});
  } else {
    const ProtoMethod method(*flags.proto, flags.proto_paths, *flags.method);
    call.path = method.path();
    if (flags.json_lines) {
      call.exchanges = encode_lines(method, *flags.json_lines);
    } else {
      call.exchanges.push_back({.request = encode(method, flags.json.value_or("{}"), "--json"),
                                .any_reply = true,
                                .reply = {}});
    }
  }
  std::size_t size = 0;
  for (const std::string& text : flags.metadata) {
    const auto& [key, value] = call.metadata.emplace_back(read_metadata(text));
    size += key.size() + value.size();
  }
  if (size > kMostMetadata) {
    throw ServiceError(
        fmt::format("--metadata: {} bytes in all, allowed are {}", size, kMostMetadata));
  }
  return call;
}

}  // namespace coresweep
