// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/grpc_metadata.h"

#include <utility>

#include "proto/grpc_service.pb.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::kserve {
namespace {

void Set(const std::vector<TensorSpec>& specs,
         google::protobuf::RepeatedPtrField<inference::ModelMetadataResponse::TensorMetadata>& to) {
  for (const TensorSpec& spec : specs) {
    inference::ModelMetadataResponse::TensorMetadata& tensor = *to.Add();
    tensor.set_name(Utf8OrReplaced(spec.name));
    tensor.set_datatype(std::string(Name(spec.type)));
    for (const int64_t dim : spec.shape) tensor.add_shape(dim);
  }
}

Status AddText(const ProtoField& field, const Place& place, std::vector<std::string>& to) {
  const Place element(to.size(), &place);
  return ReadProto(field, element, to.emplace_back());
}

Status ReadDim(uint64_t value, const Place& place, Shape& shape) {
  const auto dim = static_cast<int64_t>(value);
  if (dim < Shape::kAny) return Place(shape.rank(), &place).Wrong("a size of at least -1", std::to_string(dim));
  if (shape.Append(dim)) return {};
  return place.Wrong("at most " + std::to_string(Shape::kMaxRank) + " dimensions", "more");
}

Status ReadType(const ProtoField& field, const Place& place, std::optional<DataType>& to) {
  std::string_view name;
  RETURN_IF_ERROR(ReadProto(field, place, name));
  to = ParseDataType(name);
  return to ? Status() : place.Wrong("the name of a datatype", Quoted(name));
}

Status ReadSpec(const ProtoField& field, const Place& place, std::vector<TensorSpec>& to) {
  std::string_view message;
  TensorSpec spec;
  std::optional<DataType> type;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a TensorMetadata", message));
  RETURN_IF_ERROR(ReadProtoMessage(message, place, [&](const ProtoField& member) -> Status {
    if (member.number == 1) return ReadProto(member, Place("name", &place), spec.name);
    if (member.number == 2) return ReadType(member, Place("datatype", &place), type);
    if (member.number != 3) return {};
    const Place shape("shape", &place);
    return ReadProtoNumbers(member, shape, [&](uint64_t dim) { return ReadDim(dim, shape, spec.shape); });
  }));
  if (!type) return Place("datatype", &place).Wrong("the name of a datatype", "nothing");
  spec.type = *type;
  to.push_back(std::move(spec));
  return {};
}

Status AddSpec(const ProtoField& field, const Place& place, std::vector<TensorSpec>& to) {
  return ReadSpec(field, Place(to.size(), &place), to);
}

}  // namespace

Status CheckGrpcEmptyRequest(std::string_view message, std::span<const std::byte> bytes) {
  return ReadProtoMessage(bytes, Place(message, nullptr), [](const ProtoField&) { return Status(); });
}

std::string EncodeGrpcReady(bool ready) {
  inference::ServerReadyResponse response;
  response.set_ready(ready);
  return response.SerializeAsString();
}

Result<bool> DecodeGrpcReady(std::string_view message, std::span<const std::byte> bytes) {
  bool ready = false;
  const Place place(message, nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    return field.number == 1 ? ReadProto(field, Place("ready", &place), ready) : Status();
  }));
  return ready;
}

std::string EncodeGrpcServerMetadata(const ServerMetadata& metadata) {
  inference::ServerMetadataResponse response;
  response.set_name(Utf8OrReplaced(metadata.name));
  response.set_version(Utf8OrReplaced(metadata.version));
  for (const std::string& extension : metadata.extensions) response.add_extensions(Utf8OrReplaced(extension));
  return response.SerializeAsString();
}

Result<ServerMetadata> DecodeGrpcServerMetadata(std::span<const std::byte> bytes) {
  ServerMetadata metadata;
  const Place place("ServerMetadataResponse", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    if (field.number == 1) return ReadProto(field, Place("name", &place), metadata.name);
    if (field.number == 2) return ReadProto(field, Place("version", &place), metadata.version);
    return field.number == 3 ? AddText(field, Place("extensions", &place), metadata.extensions) : Status();
  }));
  return metadata;
}

std::string EncodeGrpcModelRequest(const GrpcModelRequest& request) {
  inference::ModelMetadataRequest message;
  message.set_name(Utf8OrReplaced(request.name));
  message.set_version(Utf8OrReplaced(request.version));
  return message.SerializeAsString();
}

Result<GrpcModelRequest> DecodeGrpcModelRequest(std::string_view message, std::span<const std::byte> bytes) {
  GrpcModelRequest request;
  const Place place(message, nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    if (field.number == 1) return ReadProto(field, Place("name", &place), request.name);
    return field.number == 2 ? ReadProto(field, Place("version", &place), request.version) : Status();
  }));
  return request;
}

std::string EncodeGrpcModelMetadata(const ModelMetadata& metadata) {
  inference::ModelMetadataResponse response;
  response.set_name(Utf8OrReplaced(metadata.name));
  for (const std::string& version : metadata.versions) response.add_versions(Utf8OrReplaced(version));
  response.set_platform(Utf8OrReplaced(metadata.platform));
  Set(metadata.signature.inputs, *response.mutable_inputs());
  Set(metadata.signature.outputs, *response.mutable_outputs());
  return response.SerializeAsString();
}

Result<ModelMetadata> DecodeGrpcModelMetadata(std::span<const std::byte> bytes) {
  ModelMetadata metadata;
  const Place place("ModelMetadataResponse", nullptr);
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("name", &place), metadata.name);
      case 2:
        return AddText(field, Place("versions", &place), metadata.versions);
      case 3:
        return ReadProto(field, Place("platform", &place), metadata.platform);
      case 4:
        return AddSpec(field, Place("inputs", &place), metadata.signature.inputs);
      case 5:
        return AddSpec(field, Place("outputs", &place), metadata.signature.outputs);
      default:
        return Status();
    }
  }));
  return metadata;
}

}  // namespace trireme::kserve
