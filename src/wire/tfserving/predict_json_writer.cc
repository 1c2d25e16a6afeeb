// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "codec/json_writer.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/tfserving/float_text.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

constexpr std::string_view kIndent = "\n    ";
constexpr std::string_view kSecondIndent = "\n        ";
constexpr std::string_view kThirdIndent = "\n            ";

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint32_t{0}; };
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += kLetters[group >> 18];
    out += kLetters[group >> 12 & 0x3F];
    out += i + 1 < bytes.size() ? kLetters[group >> 6 & 0x3F] : '=';
    out += i + 2 < bytes.size() ? kLetters[group & 0x3F] : '=';
  }
}

// Writes the elements of a tensor, one piece of it after the other.
class TensorWriter {
 public:
  explicit TensorWriter(const NamedTensor& named)
      : name_(named.name),
        tensor_(named.tensor),
        strings_(named.tensor.data.bytes()),
        coded_(named.name.ends_with("_bytes")) {}

  const Shape& shape() const { return tensor_.shape; }

  // The next piece of it that has the dimensions from this one on. As deep as the rank, which is bounded.
  Status Append(std::string& out, size_t dimension) {
    if (dimension == tensor_.shape.rank()) return AppendElements(out, 1);
    const int64_t size = tensor_.shape[dimension];
    out += '[';
    if (dimension + 1 == tensor_.shape.rank()) {
      RETURN_IF_ERROR(AppendElements(out, static_cast<size_t>(size)));
    } else {
      for (int64_t i = 0; i < size; ++i) {
        if (i > 0) out += ", ";
        RETURN_IF_ERROR(Append(out, dimension + 1));
      }
    }
    out += ']';
    return {};
  }

 private:
  template <typename T>
  std::span<const T> Next(size_t count) {
    const std::span<const T> elements = tensor_.As<T>().subspan(read_, count);
    read_ += count;
    return elements;
  }

  template <typename T, typename AppendOne>
  Status AppendEach(std::string& out, size_t count, AppendOne append) {
    for (const T value : Next<T>(count)) {
      append(out, value);
      out += ", ";
    }
    if (count > 0) out.resize(out.size() - 2);
    return {};
  }

  template <typename T>
  Status AppendIntegers(std::string& out, size_t count) {
    return AppendEach<T>(out, count, [](std::string& to, T value) { AppendJsonNumber(to, value); });
  }

  Status AppendElements(std::string& out, size_t count) {
    switch (tensor_.type) {
      case DataType::kBool:
        return AppendEach<uint8_t>(out, count,
                                   [](std::string& to, uint8_t value) { to += value != 0 ? "true" : "false"; });
      case DataType::kUint8:
        return AppendIntegers<uint8_t>(out, count);
      case DataType::kUint16:
        return AppendIntegers<uint16_t>(out, count);
      case DataType::kUint32:
        return AppendIntegers<uint32_t>(out, count);
      case DataType::kUint64:
        return AppendIntegers<uint64_t>(out, count);
      case DataType::kInt8:
        return AppendIntegers<int8_t>(out, count);
      case DataType::kInt16:
        return AppendIntegers<int16_t>(out, count);
      case DataType::kInt32:
        return AppendIntegers<int32_t>(out, count);
      case DataType::kInt64:
        return AppendIntegers<int64_t>(out, count);
      case DataType::kFp16:
        return AppendEach<uint16_t>(out, count,
                                    [](std::string& to, uint16_t bits) { AppendFloat(to, WidenFp16(bits)); });
      case DataType::kBf16:
        return AppendEach<uint16_t>(out, count,
                                    [](std::string& to, uint16_t bits) { AppendFloat(to, WidenBf16(bits)); });
      case DataType::kFp32:
        AppendFloats(out, Next<float>(count));
        return {};
      case DataType::kFp64:
        AppendFloats(out, Next<double>(count));
        return {};
      case DataType::kBytes:
        return AppendStrings(out, count);
    }
    CHECK(false);
  }

  Status AppendStrings(std::string& out, size_t count) {
    for (size_t i = 0; i < count; ++i, ++read_) {
      if (i > 0) out += ", ";
      const std::optional<std::string_view> element = strings_.Next();
      CHECK(element.has_value());
      if (coded_) {
        out += R"({"b64": ")";
        AppendBase64(out, *element);
        out += "\"}";
      } else if (IsUtf8(*element)) {
        AppendJsonString(out, *element);
      } else {
        return InvalidArgument("Tensor name: " + name_ + " element " + std::to_string(read_) +
                               " is not UTF-8, which JSON needs: outputs whose names end in _bytes are written in "
                               "Base64, and gRPC has any bytes");
      }
    }
    return {};
  }

  const std::string& name_;
  const Tensor& tensor_;
  BytesReader strings_;
  const bool coded_;
  size_t read_ = 0;
};

Status CheckAllWhole(const std::vector<NamedTensor>& outputs) {
  for (const NamedTensor& output : outputs) {
    if (Status whole = kserve::CheckWhole(output.tensor); !whole.ok()) {
      return std::move(whole).Within("output '" + output.name + "'");
    }
    RETURN_IF_ERROR(CheckEmptyLists(output.name, output.tensor.shape));
  }
  return {};
}

Result<int64_t> RowsOf(const std::vector<NamedTensor>& outputs) {
  std::optional<int64_t> rows;
  for (const NamedTensor& output : outputs) {
    const Shape& shape = output.tensor.shape;
    if (shape.rank() == 0) return InvalidArgument("Tensor name: " + output.name + " has no shape information ");
    if (!rows) rows = shape[0];
    if (shape[0] == *rows) continue;
    return InvalidArgument("Tensor name: " + output.name + " has inconsistent batch size: " + std::to_string(shape[0]) +
                           " expecting: " + std::to_string(*rows));
  }
  return rows.value_or(0);
}

Status AppendRows(std::string& out, const std::vector<NamedTensor>& outputs) {
  ASSIGN_OR_RETURN(const int64_t rows, RowsOf(outputs));
  std::vector<TensorWriter> writers(outputs.begin(), outputs.end());
  out += '[';
  for (int64_t row = 0; row < rows; ++row) {
    if (row > 0) out += ", ";
    if (writers.size() == 1) {
      RETURN_IF_ERROR(writers.front().Append(out, 1));
      continue;
    }
    out.append(kSecondIndent).append("{");
    for (size_t i = 0; i < writers.size(); ++i) {
      out.append(i > 0 ? "," : "").append(kThirdIndent);
      AppendJsonString(out, outputs[i].name);
      out += ": ";
      RETURN_IF_ERROR(writers[i].Append(out, 1));
    }
    out.append(kSecondIndent).append("}");
  }
  out.append(kIndent).append("]");
  return {};
}

Status AppendColumns(std::string& out, const std::vector<NamedTensor>& outputs) {
  if (outputs.size() == 1) return TensorWriter(outputs.front()).Append(out, 0);
  out += '{';
  for (const NamedTensor& output : outputs) {
    out.append(&output == &outputs.front() ? "" : ",").append(kSecondIndent);
    AppendJsonString(out, output.name);
    out += ": ";
    RETURN_IF_ERROR(TensorWriter(output).Append(out, 0));
  }
  out.append(kIndent).append("}");
  return {};
}

}  // namespace

Status CheckEmptyLists(const std::string& name, const Shape& shape) {
  constexpr int64_t kMost = int64_t{1} << 20;
  const int64_t* const zero = std::ranges::find(shape, 0);
  int64_t lists = 1;
  for (const int64_t* dim = shape.begin(); zero != shape.end() && dim != zero; ++dim) {
    if (*dim > kMost / lists) {
      return InvalidArgument("output '" + name + "': expected at most " + std::to_string(kMost) +
                             " lists without an element, found shape " + shape.ToString());
    }
    lists *= *dim;
  }
  return {};
}

size_t EstimateJson(const std::vector<NamedTensor>& outputs) {
  size_t bytes = 0;
  for (const NamedTensor& output : outputs) bytes += kserve::EstimateJsonData(output.tensor);
  return bytes;
}

Result<std::string> EncodePredictions(const std::vector<NamedTensor>& outputs, PredictForm form) {
  RETURN_IF_ERROR(CheckAllWhole(outputs));
  std::string out;
  out.reserve(EstimateJson(outputs) + 256);
  out.append("{").append(kIndent);
  out += form == PredictForm::kRows ? "\"predictions\": " : "\"outputs\": ";
  RETURN_IF_ERROR(form == PredictForm::kRows ? AppendRows(out, outputs) : AppendColumns(out, outputs));
  out += "\n}";
  return out;
}

std::string EncodeError(std::string_view message) {
  std::string out = "{\n    \"error\": ";
  AppendJsonString(out, message);
  out += "\n}";
  return out;
}

}  // namespace trireme::tfserving
