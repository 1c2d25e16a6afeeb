// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/predict_proto.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

#include "codec/proto_wire.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/proto_fields.h"

namespace trireme::tfserving {
namespace {

using kserve::kMaxNameBytes;
using kserve::kMaxTensors;
using kserve::Place;
using kserve::Quoted;
using kserve::ReadProto;
using kserve::ReadProtoBytes;
using kserve::ReadProtoEntry;
using kserve::ReadProtoMessage;
using Type = ProtoField::Type;

// Fields of a PredictRequest.
constexpr int kModelSpec = 1;
constexpr int kInputs = 2;
constexpr int kOutputFilter = 3;

// Of a MultiInferenceRequest.
constexpr int kTasks = 1;

// Of a PredictResponse.
constexpr int kOutputs = 1;
constexpr int kResponseSpec = 2;

// A message whose model is looked for on a loop has at most so many fields around its name, and as many bytes in them.
constexpr size_t kMostFields = 64 << 10;
constexpr size_t kMostSpecBytes = 64 << 10;

// Of a map's entry, and of a TensorProto.
constexpr int kValue = 2;
constexpr int kTensorContent = 4;

Status TooLong(const Place& place, size_t most, std::string_view what) {
  return place.Wrong("at most " + std::to_string(most) + " " + std::string(what), "more");
}

// As ReadProtoMessage, as far as a loop has time for it.
template <typename Read>
Status ReadFew(std::string_view message, const Place& place, Read read) {
  size_t fields = 0;
  return ReadProtoMessage(message, place, [&](const ProtoField& field) -> Status {
    return ++fields > kMostFields ? TooLong(place, kMostFields, "fields") : read(field);
  });
}

// One PredictRequest while it is read.
class RequestReader {
 public:
  RequestReader(const std::shared_ptr<const void>& keep_alive, size_t max_bytes, MemoryPool& pool)
      : keep_alive_(keep_alive), pool_(pool), bytes_left_(max_bytes) {}

  Result<PredictRequest> Read(std::span<const std::byte> bytes) {
    RETURN_IF_ERROR(ReadProtoMessage(bytes, Place("PredictRequest", nullptr),
                                     [&](const ProtoField& field) { return ReadMember(field); }));
    RETURN_IF_ERROR(CheckModelSpec(spec_));
    request_.spec = *std::move(spec_);
    return std::move(request_);
  }

 private:
  Status ReadMember(const ProtoField& field) {
    switch (field.number) {
      case kModelSpec:
        if (!spec_) spec_.emplace();
        return ReadModelSpec(field, Place("model_spec", nullptr), *spec_);
      case kInputs:
        return ReadInput(field, Place("inputs", nullptr));
      case kOutputFilter: {
        const Place filter("output_filter", nullptr);
        const Place place(request_.output_filter.size(), &filter);
        if (request_.output_filter.size() == kMaxTensors) return TooMany(filter);
        return ReadProto(field, place, request_.output_filter.emplace_back());
      }
      default:
        return {};
    }
  }

  static Status TooMany(const Place& list) { return TooLong(list, kMaxTensors, "tensors"); }

  // An entry whose value comes in pieces is what these are one behind the other.
  Status ReadInput(const ProtoField& entry, const Place& map) {
    std::string_view name;
    std::string_view value;
    std::shared_ptr<std::string> joined;  // shared with the tensor that views it
    const auto read_value = [&](const Place& place, const ProtoField& field) -> Status {
      std::string_view piece;
      RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", piece));
      if (value.empty()) {
        value = piece;
        return {};
      }
      if (!joined) joined = std::make_shared<std::string>(value);
      joined->append(piece);
      value = *joined;
      return {};
    };
    RETURN_IF_ERROR(ReadProtoEntry(entry, map, name, read_value));
    if (name.size() > kMaxNameBytes)
      return map.Wrong("names of at most " + std::to_string(kMaxNameBytes) + " bytes", "a longer one");
    const std::shared_ptr<const void> owner = joined ? std::shared_ptr<const void>(joined) : keep_alive_;
    ASSIGN_OR_RETURN(Tensor tensor, ReadTensorProto(value, Place(name, &map),
                                                    {.keep_alive = owner, .pool = pool_, .bytes_left = bytes_left_}));
    // Of a key that is there twice the last counts, as in any map.
    if (const auto same = places_.find(name); same != places_.end()) {
      request_.inputs[same->second].tensor = std::move(tensor);
      return {};
    }
    if (request_.inputs.size() == kMaxTensors) return TooMany(map);
    places_.emplace(name, request_.inputs.size());
    request_.inputs.push_back({.name = std::string(name), .tensor = std::move(tensor)});
    return {};
  }

  const std::shared_ptr<const void>& keep_alive_;
  MemoryPool& pool_;
  size_t bytes_left_;
  std::optional<ModelSpec> spec_;
  PredictRequest request_;
  std::unordered_map<std::string_view, size_t> places_;  // of the inputs, by their names in the message
};

}  // namespace

Result<PredictRequest> DecodePredictRequest(std::span<const std::byte> bytes,
                                            const std::shared_ptr<const void>& keep_alive, size_t max_bytes,
                                            MemoryPool& pool) {
  return RequestReader(keep_alive, max_bytes, pool).Read(bytes);
}

Result<ModelSpec> ReadSpec(std::span<const std::byte> bytes, SpecPlace place) {
  const Place message("request", nullptr);
  std::string_view inside(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (place == SpecPlace::kTask) {
    std::optional<std::string_view> task;
    RETURN_IF_ERROR(ReadFew(inside, message, [&](const ProtoField& field) {
      if (field.number == kTasks && !task) task = field.bytes;
      return Status();
    }));
    if (!task) return InvalidArgument("Inference request must have at least one task");
    inside = *task;
  }
  std::optional<ModelSpec> spec;
  size_t spec_bytes = 0;
  RETURN_IF_ERROR(ReadFew(inside, message, [&](const ProtoField& field) {
    if (field.number != kModelSpec) return Status();
    if (!spec) spec.emplace();
    const Place model_spec("model_spec", nullptr);
    spec_bytes += field.bytes.size();
    if (spec_bytes > kMostSpecBytes) return TooLong(model_spec, kMostSpecBytes, "bytes");
    return ReadModelSpec(field, model_spec, *spec);
  }));
  RETURN_IF_ERROR(CheckModelSpec(spec));
  return *std::move(spec);
}

// Elements that lie as they are needed are not touched; others take some 1 to 2 ns a byte. How much there is of each is
// seen from the heads of the tensors.
bool IsLongToRead(std::span<const std::byte> bytes) {
  constexpr size_t kLongWalkBytes = 96 << 10;
  if (bytes.size() <= kLongWalkBytes) return false;
  constexpr size_t kManyFields = 16 << 10;
  size_t walked = 0;
  size_t seen = 0;
  ProtoReader fields(bytes);
  while (const auto field = fields.Next()) {
    if (++seen > kManyFields) return true;
    if (field->number != kInputs) continue;
    ProtoReader entry(field->bytes);
    while (const auto value = entry.Next()) {
      if (++seen > kManyFields) return true;
      if (value->number != kValue) continue;
      ProtoReader tensor(value->bytes);
      size_t in_place = 0;
      size_t members = 0;
      while (const auto member = tensor.Next()) {
        in_place += member->number >= kTensorContent && member->number <= 6 ? member->bytes.size() : 0;
        if (++members == 64) break;  // an element each
      }
      walked += value->bytes.size() - std::min(in_place, value->bytes.size());
    }
  }
  return walked > kLongWalkBytes;
}

// Into the first input, and its value, and its list or content, each of which reaches beyond what has come.
size_t FindElements(std::span<const std::byte> beginning) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), beginning.size());
  size_t at = 0;
  for (const int wanted : {kInputs, kValue, 0}) {
    ProtoReader reader(text.substr(at));
    while (reader.Next()) {
      // What came whole is small.
    }
    at += reader.position();
    std::string_view rest = text.substr(at);
    const std::optional<uint64_t> tag = TakeVarint(rest);
    if (!tag || (*tag & 7) != static_cast<uint64_t>(Type::kBytes) || !TakeVarint(rest)) return 0;
    const auto number = static_cast<int>(std::min<uint64_t>(*tag >> 3, 1000));
    const bool is_wanted = wanted != 0 ? number == wanted : number >= kTensorContent && number <= 6;
    if (!is_wanted) return 0;
    at = text.size() - rest.size();
  }
  return at;
}

Result<std::string> EncodePredictInputs(std::span<const NamedTensor> inputs) {
  TensorMessage message(TensorEncoding::kContent);
  for (const NamedTensor& input : inputs) RETURN_IF_ERROR(message.AddEntry(kInputs, input));
  return std::move(message).Take().Joined();
}

std::string EncodePredictModel(std::string_view name, std::string_view version) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
  const bool is_number = !version.empty() && error == std::errc() && end == version.data() + version.size();
  std::string message;
  ProtoWriter(message).Message(kModelSpec, [&](auto& spec) {
    spec.Bytes(1, name);
    if (is_number) spec.Message(2, [&](auto& value) { value.Varint(1, number); });
    if (!is_number && !version.empty()) spec.Bytes(4, version);
  });
  return message;
}

Result<kserve::EncodedProto> EncodePredictResponse(const InferResponse& response, std::string_view signature_name,
                                                   TensorEncoding encoding) {
  TensorMessage message(encoding);
  for (const NamedTensor& output : response.outputs) RETURN_IF_ERROR(message.AddEntry(kOutputs, output));
  std::string storage;
  ProtoWriter writer(message.text());
  WriteModelSpec(writer, kResponseSpec, kserve::Utf8OrReplaced(response.model.name, storage), response.model.version,
                 signature_name);
  return std::move(message).Take();
}

}  // namespace trireme::tfserving
