// What is called: by default our greeter's SayHello, otherwise any unary gRPC method, described by
// its .proto file and JSON, or by bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "protocol/call_template.hpp"

namespace coresweep {

/// As the flags give it. An empty text was given, too.
struct ServiceFlags {
  std::optional<std::string> proto;         ///< a .proto file
  std::vector<std::string> proto_paths;     ///< where it and its imports are looked for
  std::optional<std::string> method;        ///< pkg.Service/Method
  std::optional<std::string> json;          ///< one request
  std::optional<std::string> json_lines;    ///< a file with one request a line, sent in turn
  std::optional<std::string> request_file;  ///< a file with one request's bytes
  std::vector<std::string> metadata;        ///< key=value
  int request_bytes = 0;                    ///< of SayHello's name; 0: "world"
  int reply_bytes = 0;  ///< of its answer's message; 0: the greeting, as it comes
};

struct ServiceCall {
  std::string path;  ///< "/pkg.Service/Method"
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<Exchange> exchanges;  ///< in turn; at least one
  std::optional<std::uint32_t> reply_bytes;  ///< that SayHello's answers were asked to have

  /// Of the metadata, the requests in turn, and what has to come back.
  [[nodiscard]] std::string checksum() const;
};

class ServiceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws ServiceError, a line for the operator that begins with the flag.
[[nodiscard]] ServiceCall read_service_call(const ServiceFlags& flags);

}  // namespace coresweep
