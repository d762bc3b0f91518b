#include "loadgen/proto_method.hpp"

#include <fmt/format.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <filesystem>

#include "loadgen/service_call.hpp"

namespace coresweep {
namespace {

namespace pb = google::protobuf;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{4} << 20;  // of the file

// Keeps the first error: the others mostly follow from it.
class FirstError final : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    if (!text_.empty()) {
      return;
    }
    text_ = line < 0 ? fmt::format("{}: {}", file, message)
                     : fmt::format("{}:{}:{}: {}", file, line + 1, column + 1, message);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

template <class Named>
std::string names(int count, Named&& named) {
  std::string list;
  for (int i = 0; i < count; ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", named(i));
  }
  return list.empty() ? "none" : list;
}

}  // namespace

struct ProtoMethod::Schema {
  pb::compiler::DiskSourceTree files;
  // google/protobuf/*.proto that nobody has on disk.
  pb::DescriptorPoolDatabase known{*pb::DescriptorPool::generated_pool()};
  FirstError error;
  pb::compiler::SourceTreeDescriptorDatabase database{&files, &known};
  pb::DescriptorPool pool{&database, database.GetValidationErrorCollector()};
  pb::DynamicMessageFactory messages{&pool};
  const pb::Message* request = nullptr;  // the factory's
};

ProtoMethod::~ProtoMethod() = default;

ProtoMethod::ProtoMethod(const std::string& file, const std::vector<std::string>& paths,
                         const std::string& method)
    : schema_(std::make_unique<Schema>()) {
  pb::SetLogHandler(nullptr);  // what it would print comes as an error, too
  const std::filesystem::path place(file);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(place, ignored)) {
    throw ServiceError(fmt::format("--proto: '{}' is no file", file));
  }
  if (std::filesystem::file_size(place, ignored) > kMostBytes) {
    throw ServiceError(fmt::format("--proto: '{}' has more than {} bytes, which is what is allowed",
                                   file, kMostBytes));
  }
  for (const std::string& path : paths) {
    schema_->files.MapPath("", path);
  }
  if (paths.empty()) {
    schema_->files.MapPath("", place.has_parent_path() ? place.parent_path().string() : ".");
  }
  std::string name;
  std::string hidden_by;
  if (schema_->files.DiskFileToVirtualFile(file, &name, &hidden_by) !=
      pb::compiler::DiskSourceTree::SUCCESS) {
    throw ServiceError(fmt::format("--proto-path: '{}' lies in none of these folders", file));
  }
  schema_->database.RecordErrorsTo(&schema_->error);
  const pb::FileDescriptor* const described = schema_->pool.FindFileByName(name);
  if (described == nullptr) {
    throw ServiceError("--proto: " + schema_->error.text());
  }
  const std::size_t slash = std::min(method.rfind('/'), method.size());
  const std::string service_name = method.substr(0, slash);
  const pb::ServiceDescriptor* const service =
      described->FindServiceByName(service_name.substr(service_name.rfind('.') + 1));
  if (service == nullptr || service->full_name() != service_name) {
    throw ServiceError(fmt::format("--method: '{}' names no service in {}: there are {}", method,
                                   file, names(described->service_count(), [&](int i) {
                                     return described->service(i)->full_name();
                                   })));
  }
  const pb::MethodDescriptor* const found =
      service->FindMethodByName(method.substr(std::min(slash + 1, method.size())));
  if (found == nullptr) {
    throw ServiceError(fmt::format(
        "--method: '{}' names no method of {}: there are {}", method, service->full_name(),
        names(service->method_count(), [&](int i) { return service->method(i)->name(); })));
  }
  if (found->client_streaming() || found->server_streaming()) {
    throw ServiceError(
        fmt::format("--method: '{}' is streaming; only unary calls can be made", method));
  }
  schema_->request = schema_->messages.GetPrototype(found->input_type());
  path_ = fmt::format("/{}/{}", service->full_name(), found->name());
}

std::string ProtoMethod::encode(std::string_view json) const {
  const std::unique_ptr<pb::Message> message(schema_->request->New());
  const auto status = pb::util::JsonStringToMessage(std::string(json), message.get());
  if (!status.ok()) {
    const auto text = status.message();
    throw std::runtime_error(std::string(text.data(), text.size()));
  }
  // proto2 has fields that must be there.
  if (!message->IsInitialized()) {
    throw std::runtime_error(
        fmt::format("required fields are missing: {}", message->InitializationErrorString()));
  }
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream output(&stream);
    output.SetSerializationDeterministic(true);  // else a map's order is each process's own
    message->SerializeToCodedStream(&output);
  }
  return bytes;
}

}  // namespace coresweep
