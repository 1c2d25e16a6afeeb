// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/constant_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "onnxfile/element_type.h"
#include "onnxfile/field_walk.h"
#include "onnxfile/fields.h"
#include "onnxfile/wire_reader.h"

namespace trireme::onnxfile {
namespace {

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

// Of packed dimensions.
uint64_t Product(std::string_view packed) {
  uint64_t product = 1;
  PackedVarints dims(packed);
  while (const std::optional<int64_t> dim = dims.Next()) {
    product = SaturatingMultiply(product, static_cast<uint64_t>(*dim));
  }
  return product;
}

// A TensorProto's fields, as far as they are wanted.
struct Fields {
  std::string name;
  uint64_t elements = 1;
  ElementType type = ElementType::kUndefined;
  uint64_t text_bytes = 0;
  bool is_external = false;
  std::optional<std::string> location = {};
  std::string offset = {};  // as text, which is how the file has numbers here
  std::string length = {};
};

// As protobuf reads an enumeration: from the lower half of the number, and passing over values that it does not have.
void ReadLocation(const WireField& field, Fields& fields) {
  const auto location = static_cast<int32_t>(field.number_value);
  if (location == tensor_field::kDefault || location == tensor_field::kExternal) {
    fields.is_external = location == tensor_field::kExternal;
  }
}

Status ReadEntry(ByteSource& source, ByteSpan entry, Fields& fields) {
  std::string key;
  std::string value;
  RETURN_IF_ERROR(ForEachField(source, entry, "an external data entry", [&](const WireField& field) -> Status {
    if (field.IsBytes(entry_field::kKey)) {
      ASSIGN_OR_RETURN(key, source.Text(field.bytes));
    }
    if (field.IsBytes(entry_field::kValue)) {
      ASSIGN_OR_RETURN(value, source.Text(field.bytes));
    }
    return {};
  }));
  if (key == "location") fields.location = value;
  if (key == "offset") fields.offset = value;
  if (key == "length") fields.length = std::move(value);
  return {};
}

Result<Fields> ReadFields(ByteSource& source, ByteSpan tensor) {
  Fields fields;
  RETURN_IF_ERROR(ForEachField(source, tensor, "a constant", [&](const WireField& field) -> Status {
    if (field.IsVarint(tensor_field::kDims)) {
      fields.elements = SaturatingMultiply(fields.elements, field.number_value);
    }
    if (field.IsBytes(tensor_field::kDims)) {
      ASSIGN_OR_RETURN(const std::string packed, source.Text(field.bytes));
      fields.elements = SaturatingMultiply(fields.elements, Product(packed));
    }
    if (field.IsVarint(tensor_field::kDataType)) fields.type = static_cast<ElementType>(field.as_int());
    if (field.IsBytes(tensor_field::kStringData)) fields.text_bytes += field.bytes.size();
    if (field.IsBytes(tensor_field::kName)) {
      ASSIGN_OR_RETURN(fields.name, source.Text(field.bytes));
    }
    if (field.IsVarint(tensor_field::kDataLocation)) ReadLocation(field, fields);
    if (field.IsBytes(tensor_field::kExternalData)) return ReadEntry(source, field.bytes, fields);
    return {};
  }));
  return fields;
}

Result<uint64_t> ReadBytes(const Fields& fields, std::string_view what, const std::string& text) {
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  // Readers take these numbers for signed ones.
  if (error == std::errc() && end == text.data() + text.size() && bytes <= std::numeric_limits<int64_t>::max()) {
    return bytes;
  }
  return InvalidArgument("constant '" + fields.name + "': the " + std::string(what) + " of its data in '" +
                         *fields.location + "' should be a number of bytes and is '" + text + "'");
}

// `bytes`: of its elements, if the width of its type is known.
Result<ExternalTensor> ReadExternal(const Fields& fields, std::optional<uint64_t> bytes) {
  ExternalTensor external{.name = fields.name, .location = *fields.location, .in_use = fields.is_external};
  // A location that is not to be used is told all the same: how this reader and the runtime's understand a message
  // whose parts come twice must not decide what is checked.
  if (!fields.is_external) return external;
  if (!fields.offset.empty()) {
    ASSIGN_OR_RETURN(external.offset, ReadBytes(fields, "offset", fields.offset));
  }
  if (fields.length.empty() && !bytes) {
    return InvalidArgument("constant '" + fields.name + "': the model should say how long its data in '" +
                           *fields.location + "' is, since its type does not");
  }
  external.bytes = bytes.value_or(0);
  if (fields.length.empty()) return external;
  ASSIGN_OR_RETURN(external.bytes, ReadBytes(fields, "length", fields.length));
  if (bytes && external.bytes != *bytes) {
    return InvalidArgument("constant '" + fields.name + "': the length of its data in '" + *fields.location +
                           "' should be " + std::to_string(*bytes) + " for its type and shape and is " + fields.length);
  }
  return external;
}

}  // namespace

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<uint64_t>::max() : sum;
}

Result<ConstantFacts> ReadConstant(ByteSource& source, ByteSpan tensor) {
  ASSIGN_OR_RETURN(Fields fields, ReadFields(source, tensor));
  // Types that are not in our table take a byte an element or less.
  const std::optional<DataType> type = ToDataType(fields.type);
  const size_t width = std::max<size_t>(ElementBytes(type.value_or(DataType::kUint8)), 1);
  const bool is_text = fields.type == ElementType::kString;
  ConstantFacts facts;
  facts.bytes = is_text ? fields.text_bytes : SaturatingMultiply(fields.elements, width);
  if (fields.is_external && !fields.location) {
    return InvalidArgument("constant '" + fields.name +
                           "' should lie in another file, and the model does not say which");
  }
  if (fields.location) {
    ASSIGN_OR_RETURN(facts.external,
                     ReadExternal(fields, type && !is_text ? std::optional(facts.bytes) : std::nullopt));
  }
  if (facts.external) facts.external->message = tensor;
  facts.name = std::move(fields.name);
  return facts;
}

}  // namespace trireme::onnxfile
