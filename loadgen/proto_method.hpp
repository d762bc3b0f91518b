// A method out of a .proto file, and its requests out of JSON: protobuf's own importer and reader.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coresweep {

class ProtoMethod {
 public:
  /// `method` is "pkg.Service/Method". An empty list of `paths` stands for the file's own folder.
  /// Throws ServiceError.
  ProtoMethod(const std::string& file, const std::vector<std::string>& paths,
              const std::string& method);
  ~ProtoMethod();

  /// "/pkg.Service/Method".
  [[nodiscard]] const std::string& path() const { return path_; }

  /// The request that `json` describes, encoded. Throws std::runtime_error with protobuf's reason.
  [[nodiscard]] std::string encode(std::string_view json) const;

 private:
  struct Schema;
  std::unique_ptr<Schema> schema_;
  std::string path_;
};

}  // namespace coresweep
