// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/message_writer.h"

#include <cmath>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/log.h"
#include "codec/json_writer.h"
#include "wire/kserve/json_data.h"

namespace trireme::kserve {
namespace {

// With a point or an exponent, so that it is read as a floating number again.
void AppendDouble(std::string& out, double value) {
  const size_t at = out.size();
  AppendJsonNumber(out, value);
  if (std::isfinite(value) && out.find_first_of(".e", at) == std::string::npos) out += ".0";
}

void AppendHead(ObjectWriter& object, const NamedTensor& named) {
  object.Member("name", std::string_view(named.name));
  object.Member("datatype", Name(named.tensor.type));
  object.Key("shape") += named.tensor.shape.ToString();
}

}  // namespace

std::string& ObjectWriter::Key(std::string_view key) {
  if (!std::exchange(first_, false)) out_ += ',';
  AppendJsonString(out_, key);
  return out_ += ':';
}

void ObjectWriter::Member(std::string_view key, std::string_view text) {
  AppendJsonString(Key(key), text);
}

void ObjectWriter::Member(std::string_view key, uint64_t value) {
  AppendJsonNumber(Key(key), value);
}

void ObjectWriter::Member(std::string_view key, const ParameterValue& value) {
  const auto append = [&](const auto& alternative) {
    using Alternative = std::decay_t<decltype(alternative)>;
    if constexpr (std::is_same_v<Alternative, std::string>) {
      AppendJsonString(out_, alternative);
    } else if constexpr (std::is_same_v<Alternative, bool>) {
      out_ += alternative ? "true" : "false";
    } else if constexpr (std::is_same_v<Alternative, double>) {
      AppendDouble(out_, alternative);
    } else {
      AppendJsonNumber(out_, alternative);
    }
  };
  Key(key);
  std::visit(append, value);
}

Status AppendTensor(EncodedBody& body, const NamedTensor& named, bool binary) {
  const Tensor& tensor = named.tensor;
  ObjectWriter object(body.json);
  AppendHead(object, named);
  if (binary) {
    RETURN_IF_ERROR(CheckWhole(tensor));
    ObjectWriter parameters(object.Key("parameters"));
    parameters.Member("binary_data_size", uint64_t{tensor.data.size()});
    parameters.Close();
    if (!tensor.data.empty()) body.tensors.push_back(tensor.data);
  } else {
    object.Key("data");
    const Status written = AppendJsonData(body.json, tensor);
    if (written.code() == StatusCode::kInvalidArgument) {
      return InvalidArgument(written.message() + ": ask for the binary form (\"binary_data\": true)");
    }
    RETURN_IF_ERROR(written);
  }
  object.Close();
  return {};
}

void AppendTensorElsewhere(EncodedBody& body, const NamedTensor& named, const Parameters& parameters) {
  ObjectWriter object(body.json);
  AppendHead(object, named);
  if (!parameters.empty()) {
    ObjectWriter members(object.Key("parameters"));
    for (const auto& [key, value] : parameters) members.Member(key, value);
    members.Close();
  }
  object.Close();
}

size_t EstimateTensor(const NamedTensor& tensor, bool binary) {
  constexpr size_t kFrame = 128;  // keys, type, shape
  return kFrame + tensor.name.size() + (binary ? 0 : EstimateJsonData(tensor.tensor));
}

}  // namespace trireme::kserve
