// SPDX-License-Identifier: Apache-2.0
#include "tensor/rows.h"

#include <cstring>
#include <numeric>

#include "base/check.h"
#include "tensor/bytes_elements.h"

namespace trireme {

Tensor JoinRows(std::span<const Tensor* const> parts, MemoryPool& pool) {
  CHECK(!parts.empty());
  const Tensor& first = *parts.front();
  if (parts.size() == 1) return first;

  int64_t rows = 0;
  size_t bytes = 0;
  for (const Tensor* part : parts) {
    CHECK(part->type == first.type && part->shape.Inner() == first.shape.Inner());
    rows += part->shape[0];
    bytes += part->data.size();
  }
  Tensor joined{.type = first.type, .shape = first.shape.Inner().WithRows(rows), .data = Buffer::Take(pool, bytes)};
  std::byte* to = joined.data.mutable_data();
  for (const Tensor* part : parts) {
    if (!part->data.empty()) std::memcpy(to, part->data.data(), part->data.size());
    to += part->data.size();
  }
  return joined;
}

namespace {

// Where each part of a BYTES batch ends has to be walked to.
Result<std::vector<size_t>> PartBytes(const Tensor& batch, std::span<const int64_t> rows) {
  const int64_t total = batch.shape[0];
  std::vector<size_t> sizes;
  sizes.reserve(rows.size());
  if (batch.type != DataType::kBytes) {
    const size_t row_bytes = total == 0 ? 0 : batch.data.size() / static_cast<size_t>(total);
    for (const int64_t n : rows) sizes.push_back(row_bytes * static_cast<size_t>(n));
    return sizes;
  }
  const int64_t per_row = batch.shape.Inner().ElementCount().value_or(0);
  BytesReader reader(batch.data.bytes());
  for (const int64_t n : rows) {
    const size_t begin = reader.offset();
    for (int64_t i = 0; i < n * per_row; ++i) {
      if (!reader.Next()) return Internal("a BYTES tensor ends inside its elements");
    }
    sizes.push_back(reader.offset() - begin);
  }
  return sizes;
}

}  // namespace

Result<std::vector<Tensor>> SplitRows(const Tensor& batch, std::span<const int64_t> rows) {
  const int64_t expected = std::accumulate(rows.begin(), rows.end(), int64_t{0});
  if (batch.shape.rank() == 0 || batch.shape[0] != expected) {
    return Internal("expected " + std::to_string(expected) + " rows, the model gave shape " + batch.shape.ToString());
  }
  if (const auto bytes = ByteSize(batch.type, batch.shape); bytes && *bytes != batch.data.size()) {
    return Internal("the model gave " + std::to_string(batch.data.size()) + " bytes for " +
                    std::string(Name(batch.type)) + " of shape " + batch.shape.ToString());
  }
  if (rows.size() == 1) return std::vector<Tensor>{batch};
  ASSIGN_OR_RETURN(const std::vector<size_t> sizes, PartBytes(batch, rows));
  const Shape inner = batch.shape.Inner();
  std::vector<Tensor> parts;
  parts.reserve(rows.size());
  size_t at = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    parts.push_back({.type = batch.type, .shape = inner.WithRows(rows[i]), .data = batch.data.Slice(at, sizes[i])});
    at += sizes[i];
  }
  return parts;
}

}  // namespace trireme
