// SPDX-License-Identifier: Apache-2.0
#include "protocols/grpc/reflection.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/mutex.h"
#include "proto/reflection.pb.h"
#include "proto/reflection_alpha.pb.h"

namespace trireme {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

constexpr uint64_t kMaxMessageBytes = 64 << 10;

// What is told of each file, made once. Thread-safe.
class DescribedFiles {
 public:
  const std::string& Describe(const FileDescriptor& file) {  // good as long as this
    const MutexLock lock(mutex_);
    const auto [place, is_new] = described_.try_emplace(&file);
    if (is_new) {
      google::protobuf::FileDescriptorProto message;
      file.CopyTo(&message);
      place->second = message.SerializeAsString();
    }
    return place->second;
  }

 private:
  Mutex mutex_;
  std::map<const FileDescriptor*, std::string> described_ GUARDED_BY(mutex_);
};

struct Told {
  std::vector<std::string> services;  // as they are listed
  DescribedFiles files;
};

// The two versions differ in the names of their messages alone.
struct V1 {
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
  static constexpr const char* kPath = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
};
struct V1Alpha {
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
  static constexpr const char* kPath = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
};

const DescriptorPool& Pool() {
  return *DescriptorPool::generated_pool();
}

template <typename Response>
void SayError(Response& response, net::GrpcCode code, std::string text) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(static_cast<int>(code));
  error.set_error_message(std::move(text));
}

template <typename Response>
void SayNotFound(Response& response, std::string_view what, std::string_view name) {
  // Whole, because a name that is cut may be no UTF-8; it travels in original_request anyway.
  std::string text = "no ";
  text.append(what).append(" '").append(name).append("'");
  SayError(response, net::GrpcCode::kNotFound, std::move(text));
}

// A file and all that it needs, each once.
template <typename Files>
void AddFile(const FileDescriptor& file, DescribedFiles& described, std::set<const FileDescriptor*>& added,
             Files& files) {
  if (!added.insert(&file).second) return;
  files.add_file_descriptor_proto(described.Describe(file));
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), described, added, files);
}

template <typename Response>
void SayFile(Response& response, const FileDescriptor* file, DescribedFiles& described, std::string_view what,
             std::string_view name) {
  if (file == nullptr) return SayNotFound(response, what, name);
  std::set<const FileDescriptor*> added;
  AddFile(*file, described, added, *response.mutable_file_descriptor_response());
}

// proto3's messages have no extensions, so none that is there has a number.
template <typename Response>
void SayExtensionNumbers(Response& response, const std::string& type) {
  if (Pool().FindMessageTypeByName(type) == nullptr) return SayNotFound(response, "message type", type);
  response.mutable_all_extension_numbers_response()->set_base_type_name(type);
}

template <typename Version>
typename Version::Response Answer(const typename Version::Request& request, Told& told) {
  using Request = typename Version::Request;
  typename Version::Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kListServices:
      for (const std::string& name : told.services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::kFileByFilename:
      SayFile(response, Pool().FindFileByName(request.file_by_filename()), told.files, "file",
              request.file_by_filename());
      break;
    case Request::kFileContainingSymbol:
      SayFile(response, Pool().FindFileContainingSymbol(request.file_containing_symbol()), told.files, "symbol",
              request.file_containing_symbol());
      break;
    case Request::kFileContainingExtension:
      SayNotFound(response,
                  "extension " + std::to_string(request.file_containing_extension().extension_number()) + " of",
                  request.file_containing_extension().containing_type());
      break;
    case Request::kAllExtensionNumbersOfType:
      SayExtensionNumbers(response, request.all_extension_numbers_of_type());
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      SayError(response, net::GrpcCode::kInvalidArgument, "message_request: expected one of its kinds, got none");
      break;
  }
  return response;
}

template <typename Version>
class Receiver final : public net::GrpcReceiver {
 public:
  Receiver(std::shared_ptr<Told> told, net::GrpcReply reply) : told_(std::move(told)), reply_(std::move(reply)) {}

  void OnMessage(net::GrpcMessage message) override {
    if (!reply_) return;
    typename Version::Request request;
    if (request.ParseFromArray(message.bytes.data(), static_cast<int>(message.bytes.size()))) {
      reply_.Send({.text = Answer<Version>(request, *told_).SerializeAsString(), .inserts = {}});
      return;
    }
    reply_.Finish(ToGrpcStatus(InvalidArgument("message: expected a ServerReflectionRequest, got " +
                                               std::to_string(message.bytes.size()) + " bytes that are none")));
  }

  void OnEnd() override {
    if (reply_) reply_.Finish(net::GrpcStatus());
  }

 private:
  const std::shared_ptr<Told> told_;  // shared by both versions' methods and their calls
  net::GrpcReply reply_;
};

template <typename Version>
GrpcMethod Method(std::shared_ptr<Told> told) {
  return {.path = Version::kPath,
          .operation = Operation::kMetadata,
          .max_message_bytes = kMaxMessageBytes,
          .stream = [told = std::move(told)](net::GrpcHead, const Identity&,
                                             net::GrpcReply reply) -> std::unique_ptr<net::GrpcReceiver> {
            return std::make_unique<Receiver<Version>>(told, std::move(reply));
          }};
}

}  // namespace

std::vector<GrpcMethod> ReflectionMethods(std::vector<std::string> services) {
  const auto told = std::make_shared<Told>();  // see Receiver
  told->services = std::move(services);
  return {Method<V1>(told), Method<V1Alpha>(told)};
}

}  // namespace trireme
