// SPDX-License-Identifier: Apache-2.0
#include "wire/sagemaker/nested_json.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "codec/json_cursor.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/fit_shape.h"

namespace trireme::sagemaker {
namespace {

constexpr size_t kLookedAtBytes = 64 << 10;

// How many elements each of the first arrays has: that of the body, the first in it, the first in that.
class ShapeFinder {
 public:
  Result<Shape> Find(JsonCursor json) {
    if (!json.EnterArray()) return json.status();
    depth_ = 1;
    while (depth_ > 0 && json.ok()) RETURN_IF_ERROR(Step(json));
    if (!json.ok()) return json.status();
    return Shape(std::span<const int64_t>(found_.data(), rank_));
  }

 private:
  Status Step(JsonCursor& json) {
    if (!json.NextElement()) {
      Leave();
      return {};
    }
    counts_.at(depth_ - 1) += 1;
    if (json.Peek() != JsonCursor::Kind::kArray) {
      json.Skip(NonFinite::kAccept);
      return {};
    }
    if (depth_ == Shape::kMaxRank) {
      return InvalidArgument("expected at most " + std::to_string(Shape::kMaxRank) +
                             " arrays in one another, found more at byte " + std::to_string(json.offset()));
    }
    if (json.EnterArray()) counts_.at(depth_++) = 0;
    return {};
  }

  // The first array that ends at its depth is the first that began there. The innermost ends first.
  void Leave() {
    depth_ -= 1;
    if (rank_ == 0) rank_ = depth_ + 1;
    if (depth_ < rank_ && !is_found_.at(depth_)) {
      is_found_.at(depth_) = true;
      found_.at(depth_) = counts_.at(depth_);
    }
  }

  std::array<int64_t, Shape::kMaxRank> counts_{};
  std::array<int64_t, Shape::kMaxRank> found_{};
  std::array<bool, Shape::kMaxRank> is_found_{};
  size_t depth_ = 0;
  size_t rank_ = 0;
};

Result<Tensor> ReadArray(JsonCursor& json, const TensorSpec& input, MemoryPool& pool) {
  if (json.Peek() != JsonCursor::Kind::kArray) {
    json.Refuse(json.offset(), "an array");
    return json.status();
  }
  ASSIGN_OR_RETURN(const Shape sent, ShapeFinder().Find(json.At(json.offset())));
  ASSIGN_OR_RETURN(Tensor tensor, kserve::ReadJsonData(json, input.type, sent, pool));
  tensor.shape = FitShape(input.shape, sent);
  return tensor;
}

Result<Tensor> ReadInstances(JsonCursor& json, const TensorSpec& input, MemoryPool& pool) {
  std::optional<Tensor> tensor;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    if (*key != "instances") {
      json.Skip();
    } else if (tensor) {
      return InvalidArgument("\"instances\": expected once, found twice");
    } else {
      Result<Tensor> read = ReadArray(json, input, pool);
      if (!read.ok()) return std::move(read).status().Within("\"instances\"");
      tensor = *std::move(read);
    }
  }
  json.Finish();
  if (!json.ok()) return json.status();
  if (!tensor) return InvalidArgument("expected \"instances\", found an object without");
  return *std::move(tensor);
}

// The data of one innermost array after the other.
class RowCutter {
 public:
  explicit RowCutter(const Tensor& tensor) : tensor_(tensor), reader_(tensor.data.bytes()) {}

  Tensor Next(int64_t elements) {
    size_t bytes = 0;
    if (tensor_.type == DataType::kBytes) {
      const size_t begin = reader_.offset();
      for (int64_t i = 0; i < elements; ++i) reader_.Next();
      bytes = reader_.offset() - begin;
    } else {
      bytes = static_cast<size_t>(elements) * ElementBytes(tensor_.type);
    }
    Tensor row{.type = tensor_.type, .shape = {elements}, .data = tensor_.data.Slice(at_, bytes)};
    at_ += bytes;
    return row;
  }

 private:
  const Tensor& tensor_;
  BytesReader reader_;
  size_t at_ = 0;
};

// The element of the tensor, not of the row that it is in.
Status SayWhichIsNoText(const Tensor& tensor) {
  BytesReader reader(tensor.data.bytes());
  for (size_t i = 0; !reader.AtEnd(); ++i) {
    if (IsUtf8(reader.Next().value_or(""))) continue;
    return InvalidArgument("element " + std::to_string(i) +
                           " is not UTF-8, which JSON needs: ask for text/csv, or with a body of KServe V2 for the "
                           "binary form (\"binary_data\": true)");
  }
  return Internal("a text that is UTF-8 was refused");
}

// As deep as the rank, which is bounded.
Status AppendDimension(std::string& out, const Shape& shape, size_t dimension, RowCutter& rows) {
  if (dimension + 1 == shape.rank()) return kserve::AppendJsonData(out, rows.Next(shape[dimension]));
  out += '[';
  for (int64_t i = 0; i < shape[dimension]; ++i) {
    if (i > 0) out += ',';
    RETURN_IF_ERROR(AppendDimension(out, shape, dimension + 1, rows));
  }
  out += ']';
  return {};
}

Status AppendWhole(std::string& out, const Tensor& tensor) {
  RowCutter rows(tensor);
  if (tensor.shape.rank() > 0) return AppendDimension(out, tensor.shape, 0, rows);
  std::string element;
  RETURN_IF_ERROR(kserve::AppendJsonData(element, rows.Next(1)));
  out.append(element, 1, element.size() - 2);
  return {};
}

}  // namespace

JsonForm FormOfJson(std::string_view text) {
  JsonCursor json(text.substr(0, kLookedAtBytes));
  if (json.Peek() == JsonCursor::Kind::kArray) return JsonForm::kArray;
  if (json.Peek() != JsonCursor::Kind::kObject || !json.EnterObject()) return JsonForm::kV2;
  while (const auto key = json.NextKey()) {
    if (*key == "instances") return JsonForm::kInstances;
    if (*key == "inputs" || !json.Skip()) break;
  }
  return JsonForm::kV2;
}

Result<Tensor> ReadNestedJson(std::string_view text, const TensorSpec& input, MemoryPool& pool) {
  JsonCursor json(text);
  if (json.Peek() == JsonCursor::Kind::kObject) return ReadInstances(json, input, pool);
  ASSIGN_OR_RETURN(Tensor tensor, ReadArray(json, input, pool));
  json.Finish();
  if (!json.ok()) return json.status();
  return tensor;
}

Status AppendNestedJson(std::string& out, const Tensor& tensor) {
  RETURN_IF_ERROR(kserve::CheckWhole(tensor));
  const Status written = AppendWhole(out, tensor);
  return written.code() == StatusCode::kInvalidArgument ? SayWhichIsNoText(tensor) : written;
}

}  // namespace trireme::sagemaker
