// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "codec/json_writer.h"
#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"

namespace trireme::kserve {
namespace {

void AppendBools(std::string& out, std::span<const uint8_t> values) {
  for (const uint8_t value : values) out += value != 0 ? "true," : "false,";
  if (!values.empty()) out.pop_back();
}

template <float (*kWiden)(uint16_t)>
void AppendSmallFloats(std::string& out, std::span<const uint16_t> values) {
  for (const uint16_t bits : values) {
    AppendJsonNumber(out, kWiden(bits));
    out += ',';
  }
  if (!values.empty()) out.pop_back();
}

Status AppendStrings(std::string& out, const Tensor& tensor) {
  BytesReader reader(tensor.data.bytes());
  for (size_t i = 0; !reader.AtEnd(); ++i) {
    const std::optional<std::string_view> element = reader.Next();
    CHECK(element.has_value());
    if (!IsUtf8(*element)) {
      return InvalidArgument("element " + std::to_string(i) + " is not UTF-8, which JSON needs");
    }
    if (i > 0) out += ',';
    AppendJsonString(out, *element);
  }
  return {};
}

void AppendFixed(std::string& out, const Tensor& tensor) {
  switch (tensor.type) {
    case DataType::kBool:
      return AppendBools(out, tensor.As<uint8_t>());
    case DataType::kUint8:
      return AppendJsonNumbers(out, tensor.As<uint8_t>());
    case DataType::kUint16:
      return AppendJsonNumbers(out, tensor.As<uint16_t>());
    case DataType::kUint32:
      return AppendJsonNumbers(out, tensor.As<uint32_t>());
    case DataType::kUint64:
      return AppendJsonNumbers(out, tensor.As<uint64_t>());
    case DataType::kInt8:
      return AppendJsonNumbers(out, tensor.As<int8_t>());
    case DataType::kInt16:
      return AppendJsonNumbers(out, tensor.As<int16_t>());
    case DataType::kInt32:
      return AppendJsonNumbers(out, tensor.As<int32_t>());
    case DataType::kInt64:
      return AppendJsonNumbers(out, tensor.As<int64_t>());
    case DataType::kFp16:
      return AppendSmallFloats<WidenFp16>(out, tensor.As<uint16_t>());
    case DataType::kBf16:
      return AppendSmallFloats<WidenBf16>(out, tensor.As<uint16_t>());
    case DataType::kFp32:
      return AppendJsonNumbers(out, tensor.As<float>());
    case DataType::kFp64:
      return AppendJsonNumbers(out, tensor.As<double>());
    case DataType::kBytes:
      CHECK(false);
  }
}

template <typename T>
bool AreFinite(std::span<const T> values) {
  return std::ranges::all_of(values, [](T value) { return std::isfinite(value); });
}

template <float (*kWiden)(uint16_t)>
bool AreSmallFinite(std::span<const uint16_t> values) {
  return std::ranges::all_of(values, [](uint16_t bits) { return std::isfinite(kWiden(bits)); });
}

bool AreUtf8(std::span<const std::byte> elements) {
  BytesReader reader(elements);
  while (!reader.AtEnd()) {
    const std::optional<std::string_view> element = reader.Next();
    if (!element || !IsUtf8(*element)) return false;
  }
  return true;
}

}  // namespace

bool IsReadable(const Tensor& tensor) {
  constexpr size_t kMostBytes = 4096;
  if (tensor.data.size() > kMostBytes || tensor.data.kind() == MemoryKind::kDevice || !CheckWhole(tensor).ok()) {
    return false;
  }
  switch (tensor.type) {
    case DataType::kFp16:
      return AreSmallFinite<WidenFp16>(tensor.As<uint16_t>());
    case DataType::kBf16:
      return AreSmallFinite<WidenBf16>(tensor.As<uint16_t>());
    case DataType::kFp32:
      return AreFinite(tensor.As<float>());
    case DataType::kFp64:
      return AreFinite(tensor.As<double>());
    case DataType::kBytes:
      return AreUtf8(tensor.data.bytes());
    default:
      return true;
  }
}

Status CheckWhole(const Tensor& tensor) {
  CHECK(tensor.data.kind() != MemoryKind::kDevice);
  if (tensor.type == DataType::kBytes) {
    const Status status = CheckBytesElements(tensor.data.bytes(), tensor.shape.ElementCount().value_or(-1));
    return status.ok() ? status : Internal(status.message());
  }
  const std::optional<size_t> expected = ByteSize(tensor.type, tensor.shape);
  if (expected == tensor.data.size()) return {};
  return Internal("a tensor of " + std::string(Name(tensor.type)) + " " + tensor.shape.ToString() + " has " +
                  std::to_string(tensor.data.size()) + " bytes");
}

Status AppendJsonData(std::string& out, const Tensor& tensor) {
  RETURN_IF_ERROR(CheckWhole(tensor));
  out += '[';
  if (tensor.type == DataType::kBytes) {
    RETURN_IF_ERROR(AppendStrings(out, tensor));
  } else {
    AppendFixed(out, tensor);
  }
  out += ']';
  return {};
}

size_t EstimateJsonData(const Tensor& tensor) {
  if (tensor.type == DataType::kBytes) return tensor.data.size();
  constexpr std::array<size_t, 9> kLettersByElementBytes = {0, 5, 9, 0, 12, 0, 0, 0, 21};
  const size_t element_bytes = ElementBytes(tensor.type);
  return tensor.data.size() / element_bytes * kLettersByElementBytes.at(element_bytes);
}

}  // namespace trireme::kserve
