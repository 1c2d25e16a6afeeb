// SPDX-License-Identifier: Apache-2.0
#include "treefile/onnx_attributes.h"

#include <bit>
#include <optional>
#include <utility>

#include "base/excerpt.h"
#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::treefile {
namespace {

using onnxfile::ByteSource;
using onnxfile::ByteSpan;
using onnxfile::WireField;

namespace attribute = onnxfile::attribute_field;

std::string_view View(std::string_view model, ByteSpan span) {
  return model.substr(span.begin, span.size());
}

// Writers pack lists of numbers into one field or give each a field of its own.
Status AddInts(std::string_view model, const WireField& field, std::vector<int64_t>& ints) {
  if (field.type == WireField::Type::kVarint) {
    ints.push_back(field.as_int());
    return {};
  }
  if (field.type != WireField::Type::kBytes) return onnxfile::Malformed("a list of integers");
  // The last byte of each number is below 128: whatever remains is one that is cut off.
  const std::string_view bytes = View(model, field.bytes);
  onnxfile::PackedVarints packed(bytes);
  while (const std::optional<int64_t> value = packed.Next()) ints.push_back(*value);
  const bool is_whole = bytes.empty() || static_cast<uint8_t>(bytes.back()) < 0x80;
  return is_whole ? Status() : onnxfile::Malformed("a list of integers");
}

Status AddFloats(std::string_view model, const WireField& field, std::vector<float>& floats) {
  if (field.type == WireField::Type::kFixed32) {
    floats.push_back(field.as_float());
    return {};
  }
  if (field.type != WireField::Type::kBytes || field.bytes.size() % sizeof(float) != 0) {
    return onnxfile::Malformed("a list of floats");
  }
  const std::string_view bytes = View(model, field.bytes);
  const size_t before = floats.size();
  floats.resize(before + bytes.size() / sizeof(float));
  static_assert(std::endian::native == std::endian::little);
  bytes.copy(reinterpret_cast<char*>(floats.data() + before), bytes.size());
  return {};
}

}  // namespace

Result<OnnxAttributes::Value> OnnxAttributes::ReadValue(std::string_view model, ByteSource& source, ByteSpan message) {
  Value value;
  RETURN_IF_ERROR(onnxfile::ForEachField(source, message, "an attribute", [&](const WireField& field) -> Status {
    if (field.number == attribute::kInts) return AddInts(model, field, value.ints);
    if (field.number == attribute::kFloats) return AddFloats(model, field, value.floats);
    if (field.IsVarint(attribute::kInt)) value.number = field.as_int();
    if (field.IsBytes(attribute::kName)) value.name = View(model, field.bytes);
    if (field.IsBytes(attribute::kString)) value.text = View(model, field.bytes);
    if (field.IsBytes(attribute::kStrings)) value.texts.push_back(View(model, field.bytes));
    return {};
  }));
  return value;
}

Result<OnnxAttributes> OnnxAttributes::Read(std::string_view model, ByteSpan node) {
  ByteSource source(model);
  OnnxAttributes attributes;
  RETURN_IF_ERROR(onnxfile::ForEachField(source, node, "a node", [&](const WireField& field) -> Status {
    if (!field.IsBytes(onnxfile::node_field::kAttribute)) return {};
    ASSIGN_OR_RETURN(Value value, ReadValue(model, source, field.bytes));
    const std::string_view name = value.name;
    if (attributes.values_.emplace(name, std::move(value)).second) return {};
    return InvalidArgument("expected each attribute once, found a second " + Excerpt(name, 40));
  }));
  return attributes;
}

const OnnxAttributes::Value& OnnxAttributes::Find(std::string_view name) const {
  static const Value none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

int64_t OnnxAttributes::Int(std::string_view name, int64_t otherwise) const {
  return Has(name) ? Find(name).number : otherwise;
}

std::string_view OnnxAttributes::Text(std::string_view name, std::string_view otherwise) const {
  return Has(name) ? Find(name).text : otherwise;
}

}  // namespace trireme::treefile
