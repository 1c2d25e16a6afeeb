// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/described_inputs.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "codec/proto_wire.h"
#include "proto/tensorflow_serving.pb.h"
#include "wire/tfserving/data_types.h"
#include "wire/tfserving/predict_json.h"
#include "wire/tfserving/predict_proto.h"

namespace trireme::tfserving {
namespace {

namespace tf = ::tensorflow;
namespace serving = ::tensorflow::serving;
using Json = nlohmann::json;

constexpr const char* kSignatureDef = "signature_def";
constexpr int kMetadataField = 2;  // of GetModelMetadataRequest

Status NoDescription() {
  return InvalidArgument("expected the metadata of a model with its signature_def, found something else");
}

Result<TensorSpec> SpecOf(const std::string& name, const tf::TensorInfo& info) {
  TensorSpec spec{.name = name, .type = {}, .shape = {}};
  const auto type = TypeOfNumber(static_cast<uint64_t>(info.dtype()));
  if (!type || info.tensor_shape().unknown_rank()) {
    return InvalidArgument("input " + Excerpt(name) + ": expected a type and a number of dimensions that are known");
  }
  spec.type = *type;
  for (const auto& dim : info.tensor_shape().dim()) {
    if (!spec.shape.Append(std::max<int64_t>(dim.size(), Shape::kAny))) {
      return InvalidArgument("input " + Excerpt(name) + ": expected at most " + std::to_string(Shape::kMaxRank) +
                             " dimensions, found more");
    }
  }
  return spec;
}

Result<std::vector<TensorSpec>> InputsOf(const serving::SignatureDefMap& map) {
  const auto& signatures = map.signature_def();
  auto chosen = signatures.find(std::string(kDefaultSignature));
  if (chosen == signatures.end() && signatures.size() == 1) chosen = signatures.begin();
  if (chosen == signatures.end()) {
    return InvalidArgument("expected the signature " + std::string(kDefaultSignature) + ", found none of this name");
  }
  std::vector<TensorSpec> inputs;
  for (const auto& [name, info] : chosen->second.inputs()) {
    ASSIGN_OR_RETURN(TensorSpec spec, SpecOf(name, info));
    inputs.push_back(std::move(spec));
  }
  std::ranges::sort(inputs, {}, &TensorSpec::name);
  return inputs;
}

}  // namespace

Result<std::vector<TensorSpec>> InputsOfMetadataJson(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  // The map in the answer's map of metadata.
  const Json* at = &parsed;
  for (const char* key : {"metadata", kSignatureDef}) {
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (found == at->end()) return NoDescription();
    at = &*found;
  }
  google::protobuf::util::JsonParseOptions how;
  how.ignore_unknown_fields = true;
  serving::SignatureDefMap map;
  const std::string text = at->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!google::protobuf::util::JsonStringToMessage(text, &map, how).ok()) return NoDescription();
  return InputsOf(map);
}

Result<std::vector<TensorSpec>> InputsOfMetadataProto(std::span<const std::byte> bytes) {
  serving::GetModelMetadataResponse response;
  if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return NoDescription();
  const auto found = response.metadata().find(kSignatureDef);
  serving::SignatureDefMap map;
  if (found == response.metadata().end() || !map.ParseFromString(found->second.value())) return NoDescription();
  return InputsOf(map);
}

std::string EncodeMetadataRequest(std::string_view model, std::string_view version) {
  std::string message = EncodePredictModel(model, version);  // its model_spec has the same number there
  ProtoWriter(message).Bytes(kMetadataField, kSignatureDef);
  return message;
}

}  // namespace trireme::tfserving
