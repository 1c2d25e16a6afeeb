// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "codec/proto_wire.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/proto_fields.h"
#include "wire/tfserving/data_types.h"
#include "wire/tfserving/tensor_list.h"
#include "wire/tfserving/tensor_proto.h"

namespace trireme::tfserving {
namespace {

constexpr int kContent = 4;

// Below this a copy costs less than a piece of its own.
constexpr size_t kLeastInsert = 4096;

// Whether the elements as they lie in memory are what the wire has.
bool IsAsInMemory(DataType type, TensorEncoding encoding) {
  if (type == DataType::kBytes) return false;
  if (encoding == TensorEncoding::kContent) return true;
  return type == DataType::kFp32 || type == DataType::kFp64 || type == DataType::kBool;
}

template <typename Sink>
void WriteHead(Sink& sink, const Tensor& tensor) {
  sink.Varint(1, static_cast<uint64_t>(NumberOf(tensor.type)));
  sink.Message(2, [&](auto& shape) {
    for (const int64_t size : tensor.shape) {
      shape.Message(2, [&](auto& dim) { dim.Varint(1, static_cast<uint64_t>(size)); });
    }
  });
}

template <typename T, typename Sink>
void WriteVarints(Sink& sink, int number, const Tensor& tensor) {
  sink.Message(number, [&](auto& list) {
    // A negative number has ten bytes, of whatever width it is.
    for (const T value : tensor.As<T>()) {
      if constexpr (std::is_signed_v<T>) {
        list.PackedVarint(static_cast<uint64_t>(static_cast<int64_t>(value)));
      } else {
        list.PackedVarint(value);
      }
    }
  });
}

template <typename Sink>
void WriteConverted(Sink& sink, const Tensor& tensor) {
  const int number = TensorListOf(tensor.type).number;
  switch (tensor.type) {
    case DataType::kInt8:
      return WriteVarints<int8_t>(sink, number, tensor);
    case DataType::kInt16:
      return WriteVarints<int16_t>(sink, number, tensor);
    case DataType::kInt32:
      return WriteVarints<int32_t>(sink, number, tensor);
    case DataType::kInt64:
      return WriteVarints<int64_t>(sink, number, tensor);
    case DataType::kUint8:
      return WriteVarints<uint8_t>(sink, number, tensor);
    case DataType::kUint16:
    case DataType::kFp16:
    case DataType::kBf16:
      return WriteVarints<uint16_t>(sink, number, tensor);
    case DataType::kUint32:
      return WriteVarints<uint32_t>(sink, number, tensor);
    case DataType::kUint64:
      return WriteVarints<uint64_t>(sink, number, tensor);
    case DataType::kBytes: {
      BytesReader reader(tensor.data.bytes());
      while (const auto element = reader.Next()) sink.Bytes(number, *element);
      return;
    }
    case DataType::kBool:
    case DataType::kFp32:
    case DataType::kFp64:
      break;
  }
  CHECK(false);
}

}  // namespace

Status TensorMessage::AddEntry(int map_field, const NamedTensor& named) {
  const Tensor& tensor = named.tensor;
  if (Status whole = kserve::CheckWhole(tensor); !whole.ok()) {
    return std::move(whole).Within("output '" + kserve::Utf8OrReplaced(named.name) + "'");
  }
  std::string storage;
  const std::string_view name = kserve::Utf8OrReplaced(named.name, storage);
  const bool is_as_in_memory = IsAsInMemory(tensor.type, encoding_);
  const int raw_field = encoding_ == TensorEncoding::kContent ? kContent : TensorListOf(tensor.type).number;

  ProtoSizer inside;
  WriteHead(inside, tensor);
  size_t tensor_bytes = 0;
  if (tensor.data.empty()) {
    tensor_bytes = inside.bytes();
  } else if (is_as_in_memory) {
    inside.BytesHead(raw_field, tensor.data.size());
    tensor_bytes = inside.bytes() + tensor.data.size();
  } else {
    WriteConverted(inside, tensor);
    tensor_bytes = inside.bytes();
  }
  ProtoSizer entry;
  entry.Bytes(1, name);
  entry.BytesHead(2, tensor_bytes);

  ProtoWriter writer(message_.text);
  writer.BytesHead(map_field, entry.bytes() + tensor_bytes);
  writer.Bytes(1, name);
  writer.BytesHead(2, tensor_bytes);
  WriteHead(writer, tensor);
  if (tensor.data.empty()) return {};
  if (!is_as_in_memory) {
    WriteConverted(writer, tensor);
    return {};
  }
  writer.BytesHead(raw_field, tensor.data.size());
  if (tensor.data.size() < kLeastInsert) {
    message_.text.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  } else {
    message_.inserts.push_back({.at = message_.text.size(), .bytes = tensor.data});
  }
  return {};
}

}  // namespace trireme::tfserving
