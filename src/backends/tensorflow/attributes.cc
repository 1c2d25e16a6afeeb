// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/attributes.h"

#include <bit>

#include "backends/tensorflow/message.h"

namespace trireme::tensorflow {
namespace {

// AttrValue, and AttrValue.ListValue where the numbers agree.
namespace field {
constexpr int kList = 1, kText = 2, kInt = 3, kFloat = 4, kBool = 5, kType = 6, kShape = 7, kTensor = 8, kFunction = 10;
}  // namespace field

std::optional<ProtoField> FindField(std::string_view message, int number, ProtoField::Type type) {
  ProtoReader reader(message);
  std::optional<ProtoField> found;
  while (const std::optional<ProtoField> at = reader.Next()) {
    if (at->number == number && at->type == type) found = at;
  }
  return found;
}

std::optional<std::string_view> FindBytes(std::optional<std::string_view> message, int number) {
  if (!message) return std::nullopt;
  const std::optional<ProtoField> found = FindField(*message, number, ProtoField::Type::kBytes);
  return found ? std::optional(found->bytes) : std::nullopt;
}

std::optional<uint64_t> FindVarint(std::optional<std::string_view> message, int number) {
  if (!message) return std::nullopt;
  const std::optional<ProtoField> found = FindField(*message, number, ProtoField::Type::kVarint);
  return found ? std::optional(found->value) : std::nullopt;
}

// Fields `number` of an AttrValue's list.
std::vector<ProtoField> Listed(std::optional<std::string_view> value, int number) {
  std::vector<ProtoField> found;
  const std::optional<std::string_view> list = FindBytes(value, field::kList);
  if (!list) return found;
  ProtoReader reader(*list);
  while (const std::optional<ProtoField> at = reader.Next()) {
    if (at->number == number) found.push_back(*at);
  }
  return found;
}

std::vector<std::string_view> ListedBytes(std::optional<std::string_view> value, int number) {
  std::vector<std::string_view> found;
  for (const ProtoField& at : Listed(value, number)) {
    if (at.type == ProtoField::Type::kBytes) found.push_back(at.bytes);
  }
  return found;
}

std::vector<int64_t> ListedVarints(std::optional<std::string_view> value, int number) {
  std::vector<int64_t> found;
  for (const ProtoField& at : Listed(value, number)) {
    if (!AppendVarints(at, "a list", found).ok()) return {};
  }
  return found;
}

}  // namespace

std::optional<std::string_view> Attributes::Find(std::string_view name) const {
  ProtoReader reader(node_);
  while (const std::optional<ProtoField> at = reader.Next()) {
    if (!IsBytes(*at, 5)) continue;
    const Result<MapEntry> entry = ReadMapEntry(at->bytes, "an attribute");
    if (entry.ok() && entry->key == name) return entry->value;
  }
  return std::nullopt;
}

std::optional<int64_t> Attributes::Int(std::string_view name) const {
  const std::optional<uint64_t> value = FindVarint(Find(name), field::kInt);
  return value ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
}

std::optional<float> Attributes::Float(std::string_view name) const {
  const std::optional<std::string_view> value = Find(name);
  if (!value) return std::nullopt;
  const std::optional<ProtoField> found = FindField(*value, field::kFloat, ProtoField::Type::kFixed32);
  return found ? std::optional(std::bit_cast<float>(static_cast<uint32_t>(found->value))) : std::nullopt;
}

std::optional<bool> Attributes::Bool(std::string_view name) const {
  const std::optional<uint64_t> value = FindVarint(Find(name), field::kBool);
  return value ? std::optional(*value != 0) : std::nullopt;
}

std::optional<TfType> Attributes::Type(std::string_view name) const {
  const std::optional<uint64_t> value = FindVarint(Find(name), field::kType);
  return value ? std::optional(static_cast<TfType>(*value)) : std::nullopt;
}

std::optional<std::string_view> Attributes::Text(std::string_view name) const {
  return FindBytes(Find(name), field::kText);
}

std::optional<std::string_view> Attributes::Tensor(std::string_view name) const {
  return FindBytes(Find(name), field::kTensor);
}

std::optional<std::string_view> Attributes::Shape(std::string_view name) const {
  return FindBytes(Find(name), field::kShape);
}

std::optional<std::string_view> Attributes::Function(std::string_view name) const {
  return FindBytes(FindBytes(Find(name), field::kFunction), 1);
}

std::vector<int64_t> Attributes::Ints(std::string_view name) const {
  return ListedVarints(Find(name), field::kInt);
}

std::vector<std::string_view> Attributes::Texts(std::string_view name) const {
  return ListedBytes(Find(name), field::kText);
}

std::vector<TfType> Attributes::Types(std::string_view name) const {
  std::vector<TfType> types;
  for (const int64_t value : ListedVarints(Find(name), field::kType)) types.push_back(static_cast<TfType>(value));
  return types;
}

std::vector<std::string_view> Attributes::Shapes(std::string_view name) const {
  return ListedBytes(Find(name), field::kShape);
}

}  // namespace trireme::tensorflow
