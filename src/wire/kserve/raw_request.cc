// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/raw_request.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kRaw = "a raw binary request (Inference-Header-Content-Length: 0)";

// Where the shape has a free dimension besides the rows; nothing if there is none.
Result<std::optional<size_t>> FindFreeDim(const TensorSpec& input, const Shape& shape) {
  std::optional<size_t> found;
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] != Shape::kAny) continue;
    if (found) {
      return InvalidArgument(std::string(kRaw) + " for input " + Quoted(input.name) + ", whose shape is " +
                             input.shape.ToString() +
                             ": expected at most one size besides the rows that is not fixed; describe the input in "
                             "JSON");
    }
    found = i;
  }
  return found;
}

Status WrongSize(const TensorSpec& input, const Shape& shape, const std::string& expected, size_t found) {
  return InvalidArgument(std::string(kRaw) + ": expected " + expected + " bytes for input " + Quoted(input.name) +
                         ", which is " + std::string(Name(input.type)) + " " + shape.ToString() + ", found " +
                         std::to_string(found));
}

// One element: nothing says where a second one would begin.
Result<Shape> ShapeOfOneString(const TensorSpec& input, Shape shape) {
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] == Shape::kAny) shape[i] = 1;
  }
  if (shape.ElementCount() == 1) return shape;
  return InvalidArgument(std::string(kRaw) + " for BYTES input " + Quoted(input.name) + " of shape " +
                         input.shape.ToString() + ": expected a model that takes one element");
}

Result<Shape> ShapeOfNumbers(const TensorSpec& input, Shape shape, size_t bytes) {
  ASSIGN_OR_RETURN(const std::optional<size_t> free_dim, FindFreeDim(input, shape));
  Shape unit = shape;
  if (free_dim) unit[*free_dim] = 1;
  const std::optional<size_t> unit_bytes = ByteSize(input.type, unit);
  if (!unit_bytes) return WrongSize(input, shape, "more than 2^63", bytes);
  if (!free_dim) {
    if (*unit_bytes == bytes) return shape;
    return WrongSize(input, shape, std::to_string(*unit_bytes), bytes);
  }
  if (*unit_bytes == 0 ? bytes > 0 : bytes % *unit_bytes != 0) {
    return WrongSize(input, shape, "a multiple of " + std::to_string(*unit_bytes), bytes);
  }
  shape[*free_dim] = *unit_bytes == 0 ? 0 : static_cast<int64_t>(bytes / *unit_bytes);
  return shape;
}

Buffer WithLength(std::span<const std::byte> element, MemoryPool& pool) {
  const auto length = static_cast<uint32_t>(element.size());
  Buffer data = Buffer::Take(pool, sizeof length + element.size());
  std::memcpy(data.mutable_data(), &length, sizeof length);
  if (!element.empty()) std::memcpy(data.mutable_data() + sizeof length, element.data(), element.size());
  return data;
}

// A view where the elements can be read in place.
Buffer InPlaceOrCopied(DataType type, const ReceivedBody& body, MemoryPool& pool) {
  if (body.bytes.empty()) return {};
  if (IsAligned(type, body.bytes.data())) {
    return Buffer::View(body.bytes.data(), body.bytes.size(), body.keep_alive);
  }
  Buffer copy = Buffer::Take(pool, body.bytes.size());
  std::memcpy(copy.mutable_data(), body.bytes.data(), body.bytes.size());
  return copy;
}

Result<Tensor> ReadTensor(const ReceivedBody& body, const TensorSpec& input, bool batched, MemoryPool& pool) {
  Shape shape = input.shape;
  if (batched && shape.rank() > 0) shape[0] = 1;
  if (input.type != DataType::kBytes) {
    ASSIGN_OR_RETURN(const Shape whole, ShapeOfNumbers(input, shape, body.bytes.size()));
    return Tensor{.type = input.type, .shape = whole, .data = InPlaceOrCopied(input.type, body, pool)};
  }
  ASSIGN_OR_RETURN(const Shape whole, ShapeOfOneString(input, shape));
  if (body.bytes.size() > std::numeric_limits<uint32_t>::max()) {
    return WrongSize(input, shape, "less than 2^32", body.bytes.size());
  }
  return Tensor{.type = input.type, .shape = whole, .data = WithLength(body.bytes, pool)};
}

}  // namespace

Result<InferRequestMessage> DecodeRawRequest(const ReceivedBody& body, const Signature& signature, bool batched,
                                             MemoryPool& pool) {
  if (signature.inputs.size() != 1) {
    return InvalidArgument(std::string(kRaw) + ": expected a model with one input, found " +
                           std::to_string(signature.inputs.size()) + " inputs; describe them in JSON");
  }
  const TensorSpec& input = signature.inputs.front();
  ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(body, input, batched, pool));
  InferRequestMessage message;
  message.form.binary_data_output = true;
  message.inputs.push_back({.name = input.name, .tensor = std::move(tensor)});
  return message;
}

Result<InferRequestMessage> DecodeRawPicture(const ReceivedBody& body, const std::string& input, MemoryPool& pool) {
  if (body.bytes.size() > std::numeric_limits<uint32_t>::max()) {
    return TooLarge(std::string(kRaw) + ": expected a picture of less than 2^32 bytes");
  }
  InferRequestMessage message;
  message.inputs.push_back(
      {.name = input, .tensor = {.type = DataType::kBytes, .shape = {1}, .data = WithLength(body.bytes, pool)}});
  return message;
}

}  // namespace trireme::kserve
