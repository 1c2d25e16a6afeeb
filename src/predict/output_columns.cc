// SPDX-License-Identifier: Apache-2.0
#include "predict/output_columns.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/nearest_name.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"

namespace trireme::predict {
namespace {

using table::ColumnType;

constexpr size_t kMostColumns = 16384;

ColumnType TypeFor(DataType type) {
  switch (type) {
    case DataType::kBool:
      return ColumnType::kBool;
    case DataType::kUint64:
      return ColumnType::kUint64;
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kFp32:
      return ColumnType::kFp32;
    case DataType::kFp64:
      return ColumnType::kFp64;
    case DataType::kBytes:
      return ColumnType::kText;
    default:
      return ColumnType::kInt64;
  }
}

// Elements of a row; nothing if the outermost dimension does not count the rows.
std::optional<size_t> WidthOf(const Tensor& tensor, int64_t rows) {
  const std::optional<int64_t> count = tensor.shape.ElementCount();
  if (!count || rows <= 0 || *count % rows != 0) return std::nullopt;
  if (tensor.shape.rank() > 0 && tensor.shape[0] != rows && rows != 1) return std::nullopt;
  return static_cast<size_t>(*count / rows);
}

// What an answer's views view.
struct Held {
  std::vector<NamedTensor> outputs;
  std::vector<std::vector<int64_t>> whole;
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<std::string_view>> texts;
};

template <typename T>
const void* Whole(Held& held, const Tensor& tensor) {
  const auto values = tensor.As<T>();
  return held.whole.emplace_back(values.begin(), values.end()).data();
}

template <typename Widen>
const void* Floats(Held& held, const Tensor& tensor, Widen widen) {
  std::vector<float>& floats = held.floats.emplace_back();
  for (const uint16_t bits : tensor.As<uint16_t>()) floats.push_back(widen(bits));
  return floats.data();
}

const void* Texts(Held& held, const Tensor& tensor) {
  std::vector<std::string_view>& texts = held.texts.emplace_back();
  BytesReader reader(tensor.data.bytes());
  while (const std::optional<std::string_view> text = reader.Next()) texts.push_back(*text);
  return texts.data();
}

// The elements as values of the column's type.
const void* ValuesOf(Held& held, const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kUint8:
      return Whole<uint8_t>(held, tensor);
    case DataType::kUint16:
      return Whole<uint16_t>(held, tensor);
    case DataType::kUint32:
      return Whole<uint32_t>(held, tensor);
    case DataType::kInt8:
      return Whole<int8_t>(held, tensor);
    case DataType::kInt16:
      return Whole<int16_t>(held, tensor);
    case DataType::kInt32:
      return Whole<int32_t>(held, tensor);
    case DataType::kFp16:
      return Floats(held, tensor, WidenFp16);
    case DataType::kBf16:
      return Floats(held, tensor, WidenBf16);
    case DataType::kBytes:
      return Texts(held, tensor);
    default:
      return tensor.data.data();
  }
}

std::string ColumnName(const std::string& output, size_t width, size_t element, const ModelLabels& labels) {
  if (width == 1) return output;
  const auto named = labels.find(output);
  if (named != labels.end() && named->second.size() == width) return output + "_" + named->second[element];
  return output + "_" + std::to_string(element);
}

}  // namespace

Result<OutputColumns> OutputColumns::Find(const std::vector<NamedTensor>& outputs, int64_t rows,
                                          const ModelLabels& labels, const std::vector<std::string>& chosen) {
  OutputColumns found;
  std::vector<std::string> all;
  std::vector<bool> is_used(chosen.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const NamedTensor& output = outputs[i];
    const std::optional<size_t> width = WidthOf(output.tensor, rows);
    if (!width) {
      return InvalidArgument("output \"" + output.name + "\" of shape " + output.tensor.shape.ToString() +
                             " does not belong to " + std::to_string(rows) + " rows: --output-columns chooses others");
    }
    found.names_.push_back(output.name);
    found.types_.push_back(output.tensor.type);
    found.widths_.push_back(*width);
    all.push_back(output.name);
    if (*width > kMostColumns) {
      return InvalidArgument("output \"" + output.name + "\" has " + std::to_string(*width) +
                             " elements a row: a table takes at most " + std::to_string(kMostColumns) +
                             " columns; write a .npy file, or choose others with --output-columns");
    }
    for (size_t element = 0; element < *width; ++element) {
      const std::string name = ColumnName(output.name, *width, element, labels);
      if (name != output.name) all.push_back(name);
      bool wanted = chosen.empty();
      for (size_t c = 0; c < chosen.size(); ++c) {
        if (chosen[c] != name && chosen[c] != output.name) continue;
        wanted = is_used[c] = true;
      }
      if (!wanted) continue;
      found.columns_.push_back({.name = name, .type = TypeFor(output.tensor.type), .native = ""});
      found.places_.push_back({.output = i, .element = element});
    }
  }
  for (size_t c = 0; c < chosen.size(); ++c) {
    if (is_used[c]) continue;
    const std::string hint = DidYouMean(chosen[c], all);
    return InvalidArgument("--output-columns: the model gives no \"" + chosen[c] + "\"" +
                           (hint.empty() ? "" : "; " + hint));
  }
  return found;
}

Result<table::Batch> OutputColumns::ViewOf(std::vector<NamedTensor> outputs, int64_t rows) const {
  auto held = std::make_shared<Held>();
  held->outputs = std::move(outputs);
  std::vector<const void*> values;
  if (held->outputs.size() != names_.size()) return Internal("the model gave another number of outputs than at first");
  for (size_t i = 0; i < names_.size(); ++i) {
    const Tensor& tensor = held->outputs[i].tensor;
    const bool same = tensor.type == types_[i] && WidthOf(tensor, rows) == widths_[i];
    if (!same) {
      return InvalidArgument("output \"" + names_[i] + "\": expected " + std::to_string(widths_[i]) +
                             " elements a row as at first, found shape " + tensor.shape.ToString() + " for " +
                             std::to_string(rows) + " rows");
    }
    values.push_back(ValuesOf(*held, tensor));
  }
  table::Batch batch{.rows = static_cast<size_t>(rows), .columns = {}, .keep_alive = held};
  for (size_t c = 0; c < columns_.size(); ++c) {
    const Place& place = places_[c];
    const size_t bytes = table::ValueBytes(columns_[c].type);
    batch.columns.push_back({.type = columns_[c].type,
                             .values = static_cast<const std::byte*>(values[place.output]) + bytes * place.element,
                             .stride = bytes * widths_[place.output],
                             .valid = nullptr});
  }
  return batch;
}

}  // namespace trireme::predict
