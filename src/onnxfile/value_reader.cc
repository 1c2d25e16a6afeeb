// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/value_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

// Far above any real model.
constexpr size_t kMaxDims = 64;

Result<Dim> ReadDim(ByteSource& source, ByteSpan message) {
  Dim dim(-1);
  RETURN_IF_ERROR(ForEachField(source, message, "a dimension", [&](const WireField& field) -> Status {
    // It has a size or a name: the last one counts.
    if (field.IsVarint(dim_field::kValue)) dim = Dim(std::max<int64_t>(field.as_int(), -1));
    if (!field.IsBytes(dim_field::kName)) return {};
    dim.size = -1;
    ASSIGN_OR_RETURN(dim.name, source.Text(field.bytes));
    return {};
  }));
  return dim;
}

Result<std::vector<Dim>> ReadDims(ByteSource& source, ByteSpan message) {
  std::vector<Dim> dims;
  RETURN_IF_ERROR(ForEachField(source, message, "a shape", [&](const WireField& field) -> Status {
    if (!field.IsBytes(shape_field::kDim)) return {};
    if (dims.size() == kMaxDims) return TooMany("dimensions in a shape", kMaxDims);
    ASSIGN_OR_RETURN(Dim dim, ReadDim(source, field.bytes));
    dims.push_back(std::move(dim));
    return {};
  }));
  return dims;
}

Status ReadTensorType(ByteSource& source, ByteSpan message, GraphValue& value) {
  return ForEachField(source, message, "a tensor type", [&](const WireField& field) -> Status {
    if (field.IsVarint(tensor_type_field::kElementType)) value.type = static_cast<ElementType>(field.as_int());
    if (!field.IsBytes(tensor_type_field::kShape)) return {};
    ASSIGN_OR_RETURN(value.dims, ReadDims(source, field.bytes));
    return {};
  });
}

Status ReadType(ByteSource& source, ByteSpan message, GraphValue& value) {
  return ForEachField(source, message, "a type", [&](const WireField& field) -> Status {
    switch (field.number) {
      case type_field::kTensor:
        value.kind = GraphValue::Kind::kTensor;
        return ReadTensorType(source, field.bytes, value);
      case type_field::kSequence:
        value.kind = GraphValue::Kind::kSequence;
        break;
      case type_field::kMap:
        value.kind = GraphValue::Kind::kMap;
        break;
      case type_field::kSparseTensor:
        value.kind = GraphValue::Kind::kSparseTensor;
        break;
      case type_field::kOptional:
        value.kind = GraphValue::Kind::kOptional;
        break;
      default:
        break;
    }
    return {};
  });
}

}  // namespace

Result<GraphValue> ReadValue(ByteSource& source, ByteSpan message) {
  GraphValue value;
  RETURN_IF_ERROR(ForEachField(source, message, "an input or output", [&](const WireField& field) -> Status {
    if (field.IsBytes(value_field::kName)) {
      ASSIGN_OR_RETURN(value.name, source.Text(field.bytes));
    }
    if (field.IsBytes(value_field::kType)) return ReadType(source, field.bytes, value);
    return {};
  }));
  return value;
}

Result<OpsetImport> ReadOpset(ByteSource& source, ByteSpan message) {
  OpsetImport opset;
  RETURN_IF_ERROR(ForEachField(source, message, "an opset import", [&](const WireField& field) -> Status {
    if (field.IsBytes(opset_field::kDomain)) {
      ASSIGN_OR_RETURN(opset.domain, source.Text(field.bytes));
    }
    if (field.IsVarint(opset_field::kVersion)) opset.version = field.as_int();
    return {};
  }));
  return opset;
}

}  // namespace trireme::onnxfile
