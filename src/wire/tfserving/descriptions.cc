// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/descriptions.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "codec/proto_wire.h"
#include "proto/tensorflow_serving.pb.h"
#include "wire/kserve/proto_fields.h"
#include "wire/tfserving/data_types.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

namespace tf = ::tensorflow;
namespace serving = ::tensorflow::serving;
using kserve::Place;
using kserve::ReadProto;
using kserve::ReadProtoMessage;

// In the order in which members are added.
using Json = nlohmann::ordered_json;

constexpr std::string_view kSignatureDef = "signature_def";
constexpr std::string_view kPredictMethod = "tensorflow/serving/predict";
constexpr const char* kSignatureDefMapUrl = "type.googleapis.com/tensorflow.serving.SignatureDefMap";

std::string_view Name(VersionState state) {
  switch (state) {
    case VersionState::kUnknown:
      return "UNKNOWN";
    case VersionState::kStart:
      return "START";
    case VersionState::kLoading:
      return "LOADING";
    case VersionState::kAvailable:
      return "AVAILABLE";
    case VersionState::kUnloading:
      return "UNLOADING";
    case VersionState::kEnd:
      return "END";
  }
  return "";
}

std::string_view ErrorName(int code) {
  constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return code >= 0 && code < static_cast<int>(std::size(kNames)) ? kNames[code] : "UNKNOWN";
}

std::string Text(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json TensorJson(const SignatureTensor& tensor) {
  Json dims = Json::array();
  for (const int64_t size : tensor.dims.value_or(std::vector<int64_t>())) {
    dims.push_back({{"size", std::to_string(size)}, {"name", ""}});
  }
  return {{"dtype", EnumNameOfNumber(static_cast<uint64_t>(tensor.type_number))},
          {"tensor_shape", {{"dim", std::move(dims)}, {"unknown_rank", !tensor.dims.has_value()}}},
          {"name", tensor.tensor}};
}

Json TensorsJson(const std::vector<SignatureTensor>& tensors) {
  Json json = Json::object();
  for (const SignatureTensor& tensor : tensors) json[tensor.key] = TensorJson(tensor);
  return json;
}

void FillTensor(const SignatureTensor& tensor, tf::TensorInfo& info) {
  info.set_name(kserve::Utf8OrReplaced(tensor.tensor));
  info.set_dtype(static_cast<tf::DataType>(tensor.type_number));
  tf::TensorShapeProto& shape = *info.mutable_tensor_shape();
  shape.set_unknown_rank(!tensor.dims.has_value());
  for (const int64_t size : tensor.dims.value_or(std::vector<int64_t>())) shape.add_dim()->set_size(size);
}

tf::SignatureDef SignatureMessage(const NamedSignature& signature) {
  tf::SignatureDef message;
  for (const SignatureTensor& tensor : signature.inputs) {
    FillTensor(tensor, (*message.mutable_inputs())[kserve::Utf8OrReplaced(tensor.key)]);
  }
  for (const SignatureTensor& tensor : signature.outputs) {
    FillTensor(tensor, (*message.mutable_outputs())[kserve::Utf8OrReplaced(tensor.key)]);
  }
  message.set_method_name(kserve::Utf8OrReplaced(signature.method));
  return message;
}

std::vector<SignatureTensor> TensorsOf(const std::vector<TensorSpec>& specs) {
  std::vector<SignatureTensor> tensors;
  for (const TensorSpec& spec : specs) {
    tensors.push_back({.key = spec.name, .tensor = spec.name, .type_number = NumberOf(spec.type)});
    tensors.back().dims.emplace(spec.shape.begin(), spec.shape.end());
  }
  return tensors;
}

}  // namespace

std::string EncodeStatusJson(std::span<const VersionStatus> versions) {
  Json list = Json::array();
  for (const VersionStatus& version : versions) {
    list.push_back(
        {{"version", std::to_string(version.version)},
         {"state", Name(version.state)},
         {"status", {{"error_code", ErrorName(version.error_code)}, {"error_message", version.error_message}}}});
  }
  return Text({{"model_version_status", std::move(list)}});
}

std::string EncodeStatusProto(std::span<const VersionStatus> versions) {
  serving::GetModelStatusResponse response;
  for (const VersionStatus& version : versions) {
    serving::ModelVersionStatus& status = *response.add_model_version_status();
    status.set_version(version.version);
    status.set_state(static_cast<serving::ModelVersionStatus::State>(version.state));
    status.mutable_status()->set_error_code(version.error_code);
    status.mutable_status()->set_error_message(kserve::Utf8OrReplaced(version.error_message));
  }
  return response.SerializeAsString();
}

NamedSignature DefaultSignatureOf(const Signature& signature) {
  return {.name = std::string(kDefaultSignature),
          .method = std::string(kPredictMethod),
          .inputs = TensorsOf(signature.inputs),
          .outputs = TensorsOf(signature.outputs)};
}

std::string EncodeMetadataJson(const ModelId& model, std::span<const NamedSignature> signatures) {
  Json definitions = Json::object();
  for (const NamedSignature& signature : signatures) {
    definitions[signature.name] = {{"inputs", TensorsJson(signature.inputs)},
                                   {"outputs", TensorsJson(signature.outputs)},
                                   {"method_name", signature.method},
                                   {"defaults", Json::object()}};
  }
  return Text(
      {{"model_spec", {{"name", model.name}, {"signature_name", ""}, {"version", std::to_string(model.version)}}},
       {"metadata", {{"signature_def", {{"signature_def", std::move(definitions)}}}}}});
}

std::string EncodeMetadataProto(const ModelId& model, std::span<const NamedSignature> signatures) {
  serving::SignatureDefMap definitions;
  for (const NamedSignature& signature : signatures) {
    (*definitions.mutable_signature_def())[kserve::Utf8OrReplaced(signature.name)] = SignatureMessage(signature);
  }
  serving::GetModelMetadataResponse response;
  response.mutable_model_spec()->set_name(kserve::Utf8OrReplaced(model.name));
  response.mutable_model_spec()->mutable_version()->set_value(model.version);
  google::protobuf::Any& any = (*response.mutable_metadata())[std::string(kSignatureDef)];
  any.set_type_url(kSignatureDefMapUrl);
  any.set_value(definitions.SerializeAsString());
  return response.SerializeAsString();
}

Result<ModelSpec> DecodeStatusRequest(std::span<const std::byte> bytes) {
  std::optional<ModelSpec> spec;
  RETURN_IF_ERROR(ReadProtoMessage(bytes, Place("GetModelStatusRequest", nullptr), [&](const ProtoField& field) {
    if (field.number != 1) return Status();
    if (!spec) spec.emplace();
    return ReadModelSpec(field, Place("model_spec", nullptr), *spec);
  }));
  RETURN_IF_ERROR(CheckModelSpec(spec));
  return *std::move(spec);
}

Result<ModelSpec> DecodeMetadataRequest(std::span<const std::byte> bytes) {
  std::optional<ModelSpec> spec;
  size_t fields = 0;
  const auto read_member = [&](const ProtoField& field) -> Status {
    if (field.number == 1) {
      if (!spec) spec.emplace();
      return ReadModelSpec(field, Place("model_spec", nullptr), *spec);
    }
    if (field.number != 2) return {};
    std::string wanted;
    RETURN_IF_ERROR(ReadProto(field, Place("metadata_field", nullptr), wanted));
    fields += 1;
    if (wanted == kSignatureDef) return {};
    return InvalidArgument("Metadata field " + kserve::Quoted(wanted) + " is not supported");
  };
  RETURN_IF_ERROR(ReadProtoMessage(bytes, Place("GetModelMetadataRequest", nullptr), read_member));
  RETURN_IF_ERROR(CheckModelSpec(spec));
  if (fields == 0) return InvalidArgument("GetModelMetadataRequest must specify at least one metadata_field");
  return *std::move(spec);
}

}  // namespace trireme::tfserving
