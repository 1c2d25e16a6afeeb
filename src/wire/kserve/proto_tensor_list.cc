// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/proto_tensor_list.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "tensor/bytes_elements.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/proto_contents.h"
#include "wire/kserve/proto_fields.h"
#include "wire/kserve/proto_parameters.h"
#include "wire/kserve/shared_memory_fields.h"

namespace trireme::kserve {

// One tensor, as far as it has been read: its fields come in any order.
struct ProtoTensorFields {
  std::string_view name;
  std::string_view type_name;
  Shape shape;
  std::vector<std::string_view> contents;  // in pieces, as a message within a message may come
  SharedMemoryFields shared;
};

namespace {

Status AppendDim(uint64_t value, const Place& place, Shape& shape) {
  const auto dim = static_cast<int64_t>(value);
  if (dim < 0) return Place(shape.rank(), &place).Wrong("a size of at least 0", "number " + std::to_string(dim));
  if (shape.Append(dim)) return {};
  return place.Wrong("at most " + std::to_string(Shape::kMaxRank) + " dimensions", "more");
}

Status ReadShape(const ProtoField& field, const Place& place, Shape& shape) {
  return ReadProtoNumbers(field, place, [&](uint64_t value) { return AppendDim(value, place, shape); });
}

Result<DataType> ReadType(std::string_view name, const Place& place) {
  if (const std::optional<DataType> type = ParseDataType(name)) return *type;
  if (name.empty()) return place.Wrong("a string", "nothing");
  return place.Wrong("BOOL, BYTES, BF16, FP16 to FP64, INT8 to INT64 or UINT8 to UINT64", Quoted(name));
}

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

Status NoElements(const Place& place) {
  return place.Wrong("its elements in raw_input_contents, in contents or in shared memory", "nothing");
}

}  // namespace

Status ProtoTensorList::ReadTensor(const ProtoField& field) {
  const Place list(name(), nullptr);
  if (tensors_.size() == kMaxTensors) {
    return list.Wrong("at most " + std::to_string(kMaxTensors) + " tensors", "more");
  }
  const Place place(tensors_.size(), &list);
  std::string_view message;
  ProtoTensorFields fields;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a tensor", message));
  RETURN_IF_ERROR(
      ReadProtoMessage(message, place, [&](const ProtoField& member) { return ReadMember(member, place, fields); }));
  return Add(place, std::move(fields));
}

Status ProtoTensorList::ReadMember(const ProtoField& field, const Place& place, ProtoTensorFields& fields) const {
  switch (field.number) {
    case 1:
      return ReadProto(field, Place("name", &place), fields.name);
    case 2:
      return ReadProto(field, Place("datatype", &place), fields.type_name);
    case 3:
      return ReadShape(field, Place("shape", &place), fields.shape);
    case 4:
      return ReadParameter(field, Place("parameters", &place), fields);
    case 5: {
      std::string_view contents;
      RETURN_IF_ERROR(ReadProtoBytes(field, Place("contents", &place), "an InferTensorContents", contents));
      if (!contents.empty()) fields.contents.push_back(contents);
      return {};
    }
    default:
      return {};
  }
}

// Parameters of outputs mean nothing to a client, and neither do most of inputs to a server.
Status ProtoTensorList::ReadParameter(const ProtoField& entry, const Place& parameters,
                                      ProtoTensorFields& fields) const {
  ASSIGN_OR_RETURN(const ProtoParameter parameter, ReadParameterEntry(entry, parameters));
  return kind_ == Kind::kInputs ? ReadSharedMemory(parameter, parameters, fields.shared) : Status();
}

Status ProtoTensorList::Add(const Place& place, ProtoTensorFields fields) {
  const Place name_place("name", &place);
  if (fields.name.empty()) return name_place.Wrong("a string", "nothing");
  if (fields.name.size() > kMaxNameBytes) return NameTooLong(name_place, fields.name);
  const auto same_name = [&](const NamedTensor& other) { return other.name == fields.name; };
  if (std::any_of(tensors_.begin(), tensors_.end(), same_name)) {
    return name_place.Wrong("a name of its own", Quoted(fields.name) + " a second time");
  }
  ASSIGN_OR_RETURN(const DataType type, ReadType(fields.type_name, Place("datatype", &place)));
  if (!fields.shape.ElementCount()) {
    return Place("shape", &place).Wrong("less than 2^63 elements", fields.shape.ToString());
  }
  Tensor tensor{.type = type, .shape = fields.shape, .data = {}};
  Elements elements = Elements::kMissing;
  if (!IsEmptyContents(fields.contents)) {
    const Place contents("contents", &place);
    if (fields.shared.given()) return place.Wrong("either contents or the parameter 'shared_memory_region'", "both");
    ASSIGN_OR_RETURN(tensor, ReadProtoContents(fields.contents, type, fields.shape, contents, pool_));
    elements = Elements::kTyped;
  } else if (fields.shared.given()) {
    const Place parameters("parameters", &place);
    ASSIGN_OR_RETURN(SharedMemoryRange range, ToRange(std::move(fields.shared), parameters));
    RETURN_IF_ERROR(CheckSharedBytes(range, type, fields.shape, parameters));
    shared_inputs_.push_back({.input = tensors_.size(), .range = std::move(range)});
    elements = Elements::kShared;
  }
  tensors_.push_back({.name = std::string(fields.name), .tensor = std::move(tensor)});
  elements_.push_back(elements);
  return {};
}

Status ProtoTensorList::ReadRaw(const ProtoField& field) {
  const Place list(raw_name(), nullptr);
  if (raw_.size() == kMaxTensors) {
    return list.Wrong("at most " + std::to_string(kMaxTensors) + " tensors", "more");
  }
  std::string_view bytes;
  RETURN_IF_ERROR(ReadProtoBytes(field, Place(raw_.size(), &list), "bytes", bytes));
  raw_.push_back(bytes);
  return {};
}

Status ProtoTensorList::Finish() {
  return raw_.empty() ? FinishWithoutRaw() : AttachRaw();
}

Status ProtoTensorList::FinishWithoutRaw() {
  const Place list(name(), nullptr);
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (elements_[i] != Elements::kMissing || tensors_[i].tensor.shape.ElementCount() == 0) continue;
    if (kind_ == Kind::kInputs) return NoElements(Place(i, &list));
    outputs_elsewhere_.push_back(i);
  }
  return {};
}

Status ProtoTensorList::AttachRaw() {
  const Place list(name(), nullptr);
  const auto missing = static_cast<size_t>(std::count(elements_.begin(), elements_.end(), Elements::kMissing));
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (elements_[i] != Elements::kTyped) continue;
    return Place(i, &list).Wrong("either contents, or " + std::string(raw_name()) + " for all " + std::string(name()),
                                 "both");
  }
  if (raw_.size() != missing) {
    return Place(raw_name(), nullptr)
        .Wrong(std::to_string(missing) + ", one for each of the " + std::string(name()) +
                   (kind_ == Kind::kInputs ? " that are not in shared memory" : ""),
               std::to_string(raw_.size()));
  }
  size_t next = 0;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (elements_[i] == Elements::kMissing) RETURN_IF_ERROR(Attach(i, next++));
  }
  return {};
}

Status ProtoTensorList::Attach(size_t tensor_index, size_t raw_index) {
  const Place raw_list(raw_name(), nullptr);
  const Place place(raw_index, &raw_list);
  Tensor& tensor = tensors_[tensor_index].tensor;
  const std::string_view raw = raw_[raw_index];
  if (raw.empty() && kind_ == Kind::kOutputs && tensor.shape.ElementCount() != 0) {
    outputs_elsewhere_.push_back(tensor_index);
    return {};
  }
  if (tensor.type == DataType::kBytes) {
    Status status = CheckBytesElements(AsBytes(raw), *tensor.shape.ElementCount());
    if (!status.ok()) return std::move(status).Within(place.text());
  } else if (const std::optional<size_t> expected = ByteSize(tensor.type, tensor.shape); expected != raw.size()) {
    return place.Wrong((expected ? std::to_string(*expected) : "more than 2^63") + " bytes for " +
                           Quoted(tensors_[tensor_index].name) + ", which is " + std::string(Name(tensor.type)) + " " +
                           tensor.shape.ToString(),
                       std::to_string(raw.size()));
  }
  tensor.data = ViewOrCopy(tensor.type, raw);
  return {};
}

// A view where the elements can be read in place.
Buffer ProtoTensorList::ViewOrCopy(DataType type, std::string_view raw) const {
  if (raw.empty()) return {};
  const std::span<const std::byte> bytes = AsBytes(raw);
  if (IsAligned(type, bytes.data())) return Buffer::View(bytes.data(), bytes.size(), keep_alive_);
  Buffer copy = Buffer::Take(pool_, bytes.size());
  std::memcpy(copy.mutable_data(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace trireme::kserve
