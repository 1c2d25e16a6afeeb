// SPDX-License-Identifier: Apache-2.0
#include "predict/npy_blocks.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "codec/crc32c.h"
#include "wire/sagemaker/npy.h"
#include "wire/sagemaker/npy_header.h"

namespace trireme::predict {
namespace {

constexpr size_t kMostHeadBytes = 64 << 10;

Status CheckShape(const std::string& path, const TensorSpec& input, const Shape& shape) {
  Shape wanted = input.shape;
  if (wanted.rank() > 0) wanted[0] = Shape::kAny;
  if (shape.rank() > 0 && wanted.Accepts(shape)) return {};
  return InvalidArgument(path + ": expected an array of shape " + wanted.ToString() + " for input \"" + input.name +
                         "\", found " + shape.ToString());
}

Result<NpyBlocks::Array> OpenArray(const std::string& path) {
  ASSIGN_OR_RETURN(RegularFile file, RegularFile::Open(path));
  std::string head(std::min<uint64_t>(file.size(), kMostHeadBytes), '\0');
  RETURN_IF_ERROR(file.Read(0, std::span(head)));
  ASSIGN_OR_RETURN(const sagemaker::NpyHead read, sagemaker::ReadNpyHead(std::as_bytes(std::span(head))));
  NpyBlocks::Array array{.file = std::move(file),
                         .head = head.substr(0, read.bytes),
                         .shape = read.shape,
                         .offset = read.bytes,
                         .row_bytes = 0,
                         .type = read.type};
  if (read.shape.rank() == 0) return InvalidArgument("expected an array with rows, found a single value");
  const std::optional<size_t> row_bytes = ByteSize(read.type, read.shape.Inner());
  const std::optional<size_t> bytes = ByteSize(read.type, read.shape);
  if (!row_bytes || !bytes || array.file.size() - read.bytes != *bytes) {
    return InvalidArgument("its head says shape " + read.shape.ToString() + " of " + std::string(Name(read.type)) +
                           ", and " + std::to_string(array.file.size() - read.bytes) + " bytes follow");
  }
  array.row_bytes = *row_bytes;
  return array;
}

}  // namespace

Result<std::unique_ptr<BlockSource>> NpyBlocks::Open(const std::string& path, const Signature& signature, int64_t limit,
                                                     MemoryPool& pool) {
  if (signature.inputs.size() != 1) {
    return InvalidArgument(path + ": one array, and the model has " + std::to_string(signature.inputs.size()) +
                           " inputs: expected a table with their columns");
  }
  Result<Array> array = OpenArray(path);
  if (!array.ok()) return std::move(array).status().Within(path);
  const TensorSpec& input = signature.inputs[0];
  RETURN_IF_ERROR(CheckShape(path, input, array->shape));
  const int64_t rows = std::min(array->shape[0], limit);
  return std::unique_ptr<BlockSource>(std::make_unique<NpyBlocks>(*std::move(array), input, rows, pool));
}

NpyBlocks::NpyBlocks(Array array, TensorSpec input, int64_t rows, MemoryPool& pool)
    : array_(std::move(array)), input_(std::move(input)), rows_(rows), pool_(pool) {}

Result<std::optional<Block>> NpyBlocks::Next(int64_t most_rows) {
  const int64_t rows = std::min(most_rows, rows_ - next_row_);
  if (rows <= 0) return std::optional<Block>();
  // A file of these rows alone, for the reader that converts.
  Shape shape = array_.shape;
  shape[0] = rows;
  ASSIGN_OR_RETURN(const std::string head,
                   sagemaker::NpyHeader({.type = array_.type, .shape = shape, .data = Buffer()}));
  const size_t bytes = array_.row_bytes * static_cast<size_t>(rows);
  Buffer part = Buffer::Take(pool_, head.size() + bytes);
  std::memcpy(part.mutable_data(), head.data(), head.size());
  RETURN_IF_ERROR(array_.file.Read(array_.offset + array_.row_bytes * static_cast<size_t>(next_row_),
                                   {reinterpret_cast<char*>(part.mutable_data()) + head.size(), bytes}));
  ASSIGN_OR_RETURN(Tensor tensor, sagemaker::ReadNpy(part.bytes(), part.keep_alive(), input_, pool_));
  checksums_[0] = ExtendCrc32c(
      checksums_[0], {reinterpret_cast<const char*>(tensor.data.data()), static_cast<size_t>(tensor.data.size())});
  Block block;
  block.first_row = next_row_;
  block.rows_read = block.rows = rows;
  block.inputs.push_back({.name = input_.name, .tensor = std::move(tensor)});
  block.checksums = checksums_;
  next_row_ += rows;
  return std::optional(std::move(block));
}

std::optional<double> NpyBlocks::Progress() {
  return rows_ == 0 ? 1.0 : static_cast<double>(next_row_) / static_cast<double>(rows_);
}

}  // namespace trireme::predict
