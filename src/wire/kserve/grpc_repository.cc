// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_repository.h"

#include <optional>
#include <utility>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/load_parameters.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

// Fields of ModelRepositoryParameter.
constexpr int kBoolParam = 1;
constexpr int kStringParam = 3;
constexpr int kBytesParam = 4;

Status RefuseRepository(const ProtoField& field, const Place& place) {
  std::string_view name;
  RETURN_IF_ERROR(ReadProto(field, place, name));
  if (name.empty()) return {};
  return Unsupported(place.text() + ": names of repositories are not supported");
}

// The value of a parameter: the field of ModelRepositoryParameter that came last, or nothing.
Status ReadChoice(const ProtoField& value, const Place& place, std::optional<ProtoField>& choice) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(value, place, "a ModelRepositoryParameter", message));
  return ReadProtoMessage(message, place, [&](const ProtoField& field) {
    if (field.number >= kBoolParam && field.number <= kBytesParam) choice = field;
    return Status();
  });
}

std::string NameOfChoice(const std::optional<ProtoField>& choice) {
  constexpr std::string_view kNames[] = {"bool_param", "int64_param", "string_param", "bytes_param"};
  return choice ? std::string(kNames[choice->number - 1]) : "nothing";
}

Status Want(int number, std::string_view expected, const std::optional<ProtoField>& choice, const Place& place) {
  return choice && choice->number == number ? Status() : place.Wrong(expected, NameOfChoice(choice));
}

// What a request to load or unload a model begins with. Calls read(place, key, choice) for each parameter.
template <typename Read>
Status ReadControlRequest(std::span<const std::byte> bytes, const Place& request, std::string& model_name, Read read) {
  const Place name("model_name", &request);
  const Place parameters("parameters", &request);
  const auto read_parameter = [&](const ProtoField& entry) -> Status {
    std::string_view key;
    std::optional<ProtoField> choice;
    const auto read_choice = [&](const Place& place, const ProtoField& value) {
      return ReadChoice(value, place, choice);
    };
    RETURN_IF_ERROR(ReadProtoEntry(entry, parameters, key, read_choice));
    return read(Place(key, &parameters), key, choice);
  };
  RETURN_IF_ERROR(ReadProtoMessage(bytes, request, [&](const ProtoField& field) {
    if (field.number == 1) return RefuseRepository(field, Place("repository_name", &request));
    if (field.number == 2) return ReadProto(field, name, model_name);
    return field.number == 3 ? read_parameter(field) : Status();
  }));
  return model_name.empty() ? name.Wrong("the name of a model", "nothing") : Status();
}

Status ReadFile(const std::optional<ProtoField>& choice, std::string_view key, const Place& place,
                LoadRequest& request) {
  ASSIGN_OR_RETURN(std::string path, FilePath(key, place, request));
  RETURN_IF_ERROR(Want(kBytesParam, "the file's bytes in bytes_param", choice, place));
  std::string_view content;
  RETURN_IF_ERROR(ReadProtoBytes(*choice, place, "bytes", content));
  request.files.insert_or_assign(std::move(path), std::string(content));
  return {};
}

Status ReadLoadParameter(const std::optional<ProtoField>& choice, std::string_view key, const Place& place,
                         std::optional<std::string>& config, LoadRequest& request) {
  if (key.starts_with(kFilePrefix)) return ReadFile(choice, key, place, request);
  if (key != "config") return UnknownParameter(place, kKnownToLoad);
  RETURN_IF_ERROR(Want(kStringParam, "a model configuration in string_param", choice, place));
  return ReadProto(*choice, place, config.emplace());
}

Status ReadEntry(const ProtoField& field, const Place& place, std::vector<IndexEntry>& to) {
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a ModelIndex", message));
  IndexEntry& entry = to.emplace_back();
  return ReadProtoMessage(message, place, [&](const ProtoField& member) {
    if (member.number == 1) return ReadProto(member, Place("name", &place), entry.name);
    if (member.number == 2) return ReadProto(member, Place("version", &place), entry.version);
    if (member.number == 3) return ReadProto(member, Place("state", &place), entry.state);
    return member.number == 4 ? ReadProto(member, Place("reason", &place), entry.reason) : Status();
  });
}

}  // namespace

std::string EncodeGrpcIndexRequest(const IndexRequest& request) {
  inference::RepositoryIndexRequest message;
  message.set_ready(request.ready_only);
  return message.SerializeAsString();
}

Result<IndexRequest> DecodeGrpcIndexRequest(std::span<const std::byte> bytes) {
  IndexRequest request;
  const Place place("RepositoryIndexRequest", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    if (field.number == 1) return RefuseRepository(field, Place("repository_name", &place));
    return field.number == 2 ? ReadProto(field, Place("ready", &place), request.ready_only) : Status();
  }));
  return request;
}

std::string EncodeGrpcRepositoryIndex(const std::vector<IndexEntry>& entries) {
  inference::RepositoryIndexResponse response;
  for (const IndexEntry& entry : entries) {
    inference::RepositoryIndexResponse::ModelIndex& model = *response.add_models();
    model.set_name(Utf8OrReplaced(entry.name));
    model.set_version(Utf8OrReplaced(entry.version));
    model.set_state(Utf8OrReplaced(entry.state));
    model.set_reason(Utf8OrReplaced(entry.reason));
  }
  return response.SerializeAsString();
}

Result<std::vector<IndexEntry>> DecodeGrpcRepositoryIndex(std::span<const std::byte> bytes) {
  std::vector<IndexEntry> entries;
  const Place response("RepositoryIndexResponse", nullptr);
  const Place list("models", &response);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, response, [&](const ProtoField& field) {
    return field.number == 1 ? ReadEntry(field, Place(entries.size(), &list), entries) : Status();
  }));
  return entries;
}

Result<GrpcLoadRequest> DecodeGrpcLoadRequest(std::span<const std::byte> bytes) {
  GrpcLoadRequest load;
  std::optional<std::string> config;
  const Place place("RepositoryModelLoadRequest", nullptr);
  const auto read = [&](const Place& parameter, std::string_view key, const std::optional<ProtoField>& choice) {
    return ReadLoadParameter(choice, key, parameter, config, load.request);
  };
  RETURN_IF_ERROR(ReadControlRequest(bytes, place, load.model_name, read));
  RETURN_IF_ERROR(SetConfig(std::move(config), Place("parameters", &place), load.request));
  return load;
}

Result<GrpcUnloadRequest> DecodeGrpcUnloadRequest(std::span<const std::byte> bytes) {
  GrpcUnloadRequest unload;
  const Place place("RepositoryModelUnloadRequest", nullptr);
  const auto read = [&](const Place& parameter, std::string_view key,
                        const std::optional<ProtoField>& choice) -> Status {
    if (key != "unload_dependents") return UnknownParameter(parameter, kKnownToUnload);
    RETURN_IF_ERROR(Want(kBoolParam, "true or false in bool_param", choice, parameter));
    return ReadProto(*choice, parameter, unload.request.unload_dependents);
  };
  RETURN_IF_ERROR(ReadControlRequest(bytes, place, unload.model_name, read));
  return unload;
}

}  // namespace trireme::kserve
