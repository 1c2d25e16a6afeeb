// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_json.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "base/log.h"
#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/message_writer.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kReservedPrefix = "triton_";
constexpr std::string_view kParameters = "parameters";

// One request while it is read.
class RequestReader {
 public:
  RequestReader(std::string_view text, const Signature& signature, MemoryPool& pool)
      : text_(text), json_(text), signature_(signature), pool_(pool), seen_(signature.inputs.size(), false) {}

  Result<GenerateRequest> Read() {
    if (FindSpec(signature_.inputs, kParameters) >= 0) {
      return InvalidArgument(
          "an input of the model is called 'parameters', as the object of parameters is: send an infer request");
    }
    if (!json_.EnterObject()) return json_.status();
    while (const auto key = json_.NextKey()) {
      const Place place(*key, nullptr);
      if (*key == "id") {
        RETURN_IF_ERROR(ReadId(place));
      } else if (*key == kParameters) {
        RETURN_IF_ERROR(ReadParameters(place));
      } else {
        RETURN_IF_ERROR(ReadValue(*key, place));
      }
    }
    if (!json_.Finish()) return json_.status();
    return std::move(request_);
  }

 private:
  Status ReadId(const Place& place) {
    RETURN_IF_ERROR(ReadField(json_, place, request_.id));
    if (request_.id->size() <= kMaxIdBytes) return {};
    return place.Wrong("at most " + std::to_string(kMaxIdBytes) + " bytes", std::to_string(request_.id->size()));
  }

  Status ReadParameters(const Place& place) {
    if (std::exchange(has_parameters_, true)) return place.GivenTwice();
    if (!json_.EnterObject()) return place.Wrong(json_);
    while (const auto key = json_.NextKey()) RETURN_IF_ERROR(ReadValue(*key, Place(*key, &place)));
    return json_.ok() ? Status() : place.Wrong(json_);
  }

  // A tensor or a parameter, whichever the key names.
  Status ReadValue(std::string_view key, const Place& place) {
    const int index = FindSpec(signature_.inputs, key);
    if (index >= 0) return ReadTensor(static_cast<size_t>(index), place);
    if (key.starts_with(kReservedPrefix)) {
      return place.Wrong("no key that begins with 'triton_', which is reserved", "one");
    }
    return ReadParameter(json_, place, std::string(key), request_.parameters);
  }

  Status ReadTensor(size_t index, const Place& place) {
    const TensorSpec& spec = signature_.inputs[index];
    if (seen_[index]) return place.GivenTwice();
    seen_[index] = true;
    const bool is_array = json_.Peek() == JsonCursor::Kind::kArray;
    int64_t count = 1;
    if (is_array) {
      ASSIGN_OR_RETURN(count, CountElements(place));
    }
    const std::optional<Shape> shape = ShapeForCount(spec.shape, count);
    if (!shape) {
      return place.Wrong("as many values as shape " + spec.shape.ToString() + " can have", std::to_string(count));
    }
    Result<Tensor> tensor = is_array ? ReadJsonData(json_, spec.type, *shape, pool_) : ReadScalar(spec.type, *shape);
    if (!tensor.ok()) return std::move(tensor).status().Within(place.text());
    request_.inputs.push_back({.name = spec.name, .tensor = *std::move(tensor)});
    return {};
  }

  // Of the array that comes next.
  Result<int64_t> CountElements(const Place& place) const {
    JsonCursor ahead = json_.At(json_.offset());
    int64_t count = 0;
    if (ahead.Peek() != JsonCursor::Kind::kArray || !ahead.EnterArray()) return place.Wrong(ahead);
    while (ahead.NextElement()) {
      const JsonCursor::Kind kind = ahead.Peek();
      if (kind == JsonCursor::Kind::kArray || kind == JsonCursor::Kind::kObject) {
        ahead.Refuse(ahead.offset(), "a string, a number or a bool");
      }
      if (ahead.Skip(NonFinite::kAccept)) ++count;
    }
    if (!ahead.ok()) return place.Wrong(ahead);
    return count;
  }

  Result<Tensor> ReadScalar(DataType type, const Shape& shape) {
    const size_t begin = json_.offset();
    if (type == DataType::kBytes) return ReadText(shape);
    JsonCursor ahead = json_.At(begin);
    const JsonCursor::Kind kind = ahead.Peek();
    const bool nested = kind == JsonCursor::Kind::kObject;
    if (!nested && ahead.Skip(NonFinite::kAccept)) {
      const std::string alone = '[' + std::string(text_.substr(begin, ahead.offset() - begin)) + ']';
      JsonCursor element(alone);
      Result<Tensor> tensor = ReadJsonData(element, type, shape, pool_);
      if (tensor.ok() && json_.Skip(NonFinite::kAccept)) return tensor;
    }
    json_.Refuse(begin, std::string(Name(type)) + ", or an array of it");
    return json_.status();
  }

  Result<Tensor> ReadText(const Shape& shape) {
    const std::optional<std::string_view> text = json_.ReadString();
    if (!text) return json_.status();
    if (text->size() > std::numeric_limits<uint32_t>::max()) return InvalidArgument("expected less than 4 GiB of text");
    const auto length = static_cast<uint32_t>(text->size());
    Buffer buffer = Buffer::Take(pool_, sizeof length + text->size());
    std::memcpy(buffer.mutable_data(), &length, sizeof length);
    std::copy(text->begin(), text->end(), reinterpret_cast<char*>(buffer.mutable_data()) + sizeof length);
    return Tensor{.type = DataType::kBytes, .shape = shape, .data = std::move(buffer)};
  }

  const std::string_view text_;
  JsonCursor json_;
  const Signature& signature_;
  MemoryPool& pool_;
  std::vector<bool> seen_;
  bool has_parameters_ = false;
  GenerateRequest request_;
};

Result<std::string> EncodeOutput(const NamedTensor& output) {
  std::string data;
  data.reserve(EstimateJsonData(output.tensor));
  if (Status status = AppendJsonData(data, output.tensor); !status.ok()) {
    if (status.code() == StatusCode::kInvalidArgument) {
      status = InvalidArgument(status.message() + ": ask with infer for the binary form (\"binary_data\": true)");
    }
    return std::move(status).Within("output " + Quoted(output.name));
  }
  if (output.tensor.shape.ElementCount() != 1) return data;
  return data.substr(1, data.size() - 2);
}

std::string JsonString(std::string_view text) {
  std::string json;
  AppendJsonString(json, text);
  return json;
}

std::string JsonOf(const ParameterValue& value) {
  std::string json;
  ObjectWriter(json).Member("", value);
  return json.substr(std::string_view(R"({"":)").size());
}

}  // namespace

Result<GenerateRequest> DecodeGenerateRequest(std::string_view json, const Signature& signature, MemoryPool& pool) {
  return RequestReader(json, signature, pool).Read();
}

std::optional<Shape> ShapeForCount(const Shape& spec, int64_t count) {
  int64_t fixed = 1;
  std::optional<size_t> innermost;
  Shape shape = spec;
  for (size_t i = 0; i < spec.rank(); ++i) {
    if (spec[i] == Shape::kAny) {
      innermost = i;
      shape[i] = 1;
    } else if (__builtin_mul_overflow(fixed, spec[i], &fixed)) {
      return std::nullopt;
    }
  }
  if (fixed == 0) return count == 0 ? std::optional(shape) : std::nullopt;
  if (count % fixed != 0) return std::nullopt;
  if (innermost) {
    shape[*innermost] = count / fixed;
  } else if (count != fixed) {
    return std::nullopt;
  }
  return shape;
}

Result<std::string> EncodeGenerateResponse(const InferResponse& response, const std::optional<std::string>& id) {
  // An output keeps its name whatever it is; of what else has the same name nothing is said.
  std::map<std::string_view, std::string> members;
  for (const NamedTensor& output : response.outputs) {
    ASSIGN_OR_RETURN(members[output.name], EncodeOutput(output));
  }
  if (id) members.emplace("id", JsonString(*id));
  members.emplace("model_name", JsonString(response.model.name));
  members.emplace("model_version", JsonString(std::to_string(response.model.version)));
  for (const auto& [name, value] : response.parameters) members.emplace(name, JsonOf(value));
  std::string json;
  ObjectWriter object(json);
  for (const auto& [name, value] : members) object.Key(name) += value;
  object.Close();
  return json;
}

}  // namespace trireme::kserve
