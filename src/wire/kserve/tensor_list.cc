// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/tensor_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tensor/bytes_elements.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/shared_memory_fields.h"

namespace trireme::kserve {

// One tensor, as far as it has been read: its keys come in any order.
struct TensorFields {
  std::optional<std::string> name;
  std::optional<DataType> type;
  std::optional<Shape> shape;
  std::optional<Tensor> tensor;   // `data`, read
  std::optional<size_t> data_at;  // `data`, which came before type and shape: where it is
  std::optional<uint64_t> binary_bytes;
  bool has_parameters = false;
  SharedMemoryFields shared;

  bool HasData() const { return tensor.has_value() || data_at.has_value(); }
};

namespace {

Status ReadTensorParameter(JsonCursor& json, const Place& parameters, std::string_view key, TensorFields& fields) {
  const Place place(key, &parameters);
  if (key == "binary_data_size") return ReadField(json, place, fields.binary_bytes);
  if (const auto read = ReadSharedMemory(json, key, place, fields.shared)) return *read;
  return IgnoreParameter(json, place);
}

Status ReadTensorParameters(JsonCursor& json, const Place& place, TensorFields& fields) {
  if (std::exchange(fields.has_parameters, true)) return place.GivenTwice();
  if (!json.EnterObject()) return place.Wrong(json);
  while (const auto key = json.NextKey()) RETURN_IF_ERROR(ReadTensorParameter(json, place, *key, fields));
  return json.ok() ? Status() : place.Wrong(json);
}

// Where data came before what says how to read it, it is passed over and read later.
Status ReadData(JsonCursor& json, const Place& place, TensorFields& fields, MemoryPool& pool) {
  if (fields.HasData()) return place.GivenTwice();
  if (!fields.type || !fields.shape) {
    json.Peek();
    fields.data_at = json.offset();
    return json.Skip(NonFinite::kAccept) ? Status() : place.Wrong(json);
  }
  Result<Tensor> tensor = ReadJsonData(json, *fields.type, *fields.shape, pool);
  if (!tensor.ok()) return std::move(tensor).status().Within(place.text());
  fields.tensor = std::move(tensor).value();
  return {};
}

Status ReadTensorMember(JsonCursor& json, const Place& tensor, std::string_view key, TensorFields& fields,
                        MemoryPool& pool) {
  if (key == "name") return ReadField(json, Place("name", &tensor), fields.name);
  if (key == "datatype") return ReadField(json, Place("datatype", &tensor), fields.type);
  if (key == "shape") return ReadField(json, Place("shape", &tensor), fields.shape, 0);
  if (key == "data") return ReadData(json, Place("data", &tensor), fields, pool);
  if (key == "parameters") return ReadTensorParameters(json, Place("parameters", &tensor), fields);
  return json.Skip() ? Status() : tensor.Wrong(json);
}

// The elements are in one place. Those of outputs may be in none of the message.
Status CheckSource(const Place& place, const TensorFields& fields, bool anywhere) {
  const bool binary = fields.binary_bytes.has_value();
  if (fields.shared.given()) {
    if (fields.HasData()) return place.Wrong("either 'data' or the parameter 'shared_memory_region'", "both");
    if (binary) return place.Wrong("either the parameter 'binary_data_size' or 'shared_memory_region'", "both");
    return {};
  }
  if (fields.HasData() != binary || (!binary && anywhere)) return {};
  return place.Wrong("either 'data' or the parameter 'binary_data_size'", binary ? "both" : "neither");
}

Status CheckComplete(const Place& place, const TensorFields& fields) {
  const auto missing = [&](std::string_view key, std::string_view what) {
    return Place(key, &place).Wrong(what, "nothing");
  };
  if (!fields.name) return missing("name", "a string");
  if (!fields.shape) return missing("shape", "an array of sizes");
  if (!fields.type) return missing("datatype", "a string");
  if (fields.shape->ElementCount()) return {};
  return Place("shape", &place).Wrong("less than 2^63 elements", fields.shape->ToString());
}

// What follows the JSON document, handed out piece by piece.
class BinarySections {
 public:
  explicit BinarySections(const ReceivedBody& body) : body_(body), at_(body.json_bytes.value_or(body.bytes.size())) {}

  size_t left() const { return body_.bytes.size() - at_; }

  // A view where the elements can be read in place, else a copy. `bytes` must be left.
  Buffer Take(DataType type, size_t bytes, MemoryPool& pool) {
    const std::span<const std::byte> section = body_.bytes.subspan(at_, bytes);
    at_ += bytes;
    if (section.empty()) return {};
    if (IsAligned(type, section.data())) return Buffer::View(section.data(), bytes, body_.keep_alive);
    Buffer copy = Buffer::Take(pool, bytes);
    std::memcpy(copy.mutable_data(), section.data(), bytes);
    return copy;
  }

 private:
  const ReceivedBody& body_;
  size_t at_;
};

Status CheckBinarySize(const Place& place, const Tensor& tensor, uint64_t bytes, size_t left) {
  const Place size("binary_data_size", &place);
  if (tensor.type != DataType::kBytes && ByteSize(tensor.type, tensor.shape) != bytes) {
    const std::optional<size_t> expected = ByteSize(tensor.type, tensor.shape);
    return size.Wrong((expected ? std::to_string(*expected) : "more than 2^63") + " for " +
                          std::string(Name(tensor.type)) + " " + tensor.shape.ToString(),
                      std::to_string(bytes));
  }
  if (bytes > left) {
    return size.Wrong("at most the " + std::to_string(left) + " bytes left behind the JSON", std::to_string(bytes));
  }
  return {};
}

}  // namespace

Status TensorList::Read(JsonCursor& json, MemoryPool& pool) {
  const Place place(name(), nullptr);
  if (std::exchange(given_, true)) return place.GivenTwice();
  if (!json.EnterArray()) return place.Wrong(json);
  while (json.NextElement()) {
    if (tensors_.size() == kMaxTensors) {
      return place.Wrong("at most " + std::to_string(kMaxTensors) + " tensors", "more");
    }
    RETURN_IF_ERROR(ReadTensor(json, Place(tensors_.size(), &place), pool));
  }
  return json.ok() ? Status() : place.Wrong(json);
}

Status TensorList::ReadTensor(JsonCursor& json, const Place& place, MemoryPool& pool) {
  TensorFields fields;
  if (!json.EnterObject()) return place.Wrong(json);
  while (const auto key = json.NextKey()) RETURN_IF_ERROR(ReadTensorMember(json, place, *key, fields, pool));
  if (!json.ok()) return place.Wrong(json);
  RETURN_IF_ERROR(CheckComplete(place, fields));
  if (kind_ == Kind::kOutputs) fields.shared = {};  // parameters that mean nothing there
  RETURN_IF_ERROR(CheckSource(place, fields, kind_ == Kind::kOutputs));
  return Add(json, place, std::move(fields), pool);
}

Status TensorList::Add(JsonCursor& json, const Place& place, TensorFields fields, MemoryPool& pool) {
  if (fields.name->size() > kMaxNameBytes) return NameTooLong(Place("name", &place), *fields.name);
  const auto same_name = [&](const NamedTensor& other) { return other.name == *fields.name; };
  if (std::any_of(tensors_.begin(), tensors_.end(), same_name)) {
    return Place("name", &place).Wrong("a name of its own", Quoted(*fields.name) + " a second time");
  }
  if (fields.data_at) {
    JsonCursor data = json.At(*fields.data_at);
    fields.data_at.reset();
    RETURN_IF_ERROR(ReadData(data, Place("data", &place), fields, pool));
  }
  if (fields.shared.given()) {
    const Place parameters("parameters", &place);
    ASSIGN_OR_RETURN(SharedMemoryRange range, ToRange(std::move(fields.shared), parameters));
    RETURN_IF_ERROR(CheckSharedBytes(range, *fields.type, *fields.shape, parameters));
    shared_inputs_.push_back({.input = tensors_.size(), .range = std::move(range)});
  } else if (!fields.tensor && !fields.binary_bytes && fields.shape->ElementCount() != 0) {
    outputs_elsewhere_.push_back(tensors_.size());
  }
  if (!fields.tensor) fields.tensor = Tensor{.type = *fields.type, .shape = *fields.shape, .data = {}};
  tensors_.push_back({.name = *std::move(fields.name), .tensor = *std::move(fields.tensor)});
  binary_bytes_.push_back(fields.binary_bytes);
  return {};
}

Status TensorList::AttachBinary(const ReceivedBody& body, MemoryPool& pool) {
  BinarySections sections(body);
  const Place list(name(), nullptr);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (!binary_bytes_[i]) continue;
    const Place tensor_place(i, &list);
    const Place place("parameters", &tensor_place);
    if (!body.json_bytes && *binary_bytes_[i] > 0) {
      return InvalidArgument(place.text() + ".binary_data_size: expected the header " + std::string(kHeaderLengthName) +
                             ", which says where the JSON ends, found none");
    }
    Tensor& tensor = tensors_[i].tensor;
    RETURN_IF_ERROR(CheckBinarySize(place, tensor, *binary_bytes_[i], sections.left()));
    tensor.data = sections.Take(tensor.type, static_cast<size_t>(*binary_bytes_[i]), pool);
    if (tensor.type != DataType::kBytes) continue;
    Status status = CheckBytesElements(tensor.data.bytes(), *tensor.shape.ElementCount());
    if (!status.ok()) return std::move(status).Within(tensor_place.text());
  }
  if (sections.left() == 0) return {};
  return list.Wrong("binary_data_size to account for all bytes behind the JSON",
                    std::to_string(sections.left()) + " bytes that belong to no tensor");
}

}  // namespace trireme::kserve
