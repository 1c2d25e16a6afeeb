// SPDX-License-Identifier: Apache-2.0
#include "bench/random_tensor.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "codec/small_float.h"
#include "tensor/bytes_elements.h"

namespace trireme::bench {
namespace {

// Not std::uniform_*_distribution: what they give for a seed is the library's choice.
double Unit(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}
int Digit(std::mt19937_64& random) {
  return static_cast<int>(random() % 10);
}

template <typename T, typename Make>
void Fill(Tensor& tensor, Make make) {
  for (T& element : tensor.MutableAs<T>()) element = make();
}

void FillNumbers(Tensor& tensor, std::mt19937_64& random) {
  const auto digit = [&] { return Digit(random); };
  const auto unit = [&] { return Unit(random); };
  switch (tensor.type) {
    case DataType::kBool:
      return Fill<uint8_t>(tensor, [&] { return static_cast<uint8_t>(random() & 1); });
    case DataType::kUint8:
    case DataType::kInt8:
      return Fill<uint8_t>(tensor, digit);
    case DataType::kUint16:
    case DataType::kInt16:
      return Fill<uint16_t>(tensor, digit);
    case DataType::kUint32:
    case DataType::kInt32:
      return Fill<uint32_t>(tensor, digit);
    case DataType::kUint64:
    case DataType::kInt64:
      return Fill<uint64_t>(tensor, digit);
    case DataType::kFp16:
      return Fill<uint16_t>(tensor, [&] { return NarrowToFp16(unit()); });
    case DataType::kBf16:
      return Fill<uint16_t>(tensor, [&] { return NarrowToBf16(unit()); });
    // 24 bits, so that none is rounded up to 1.
    case DataType::kFp32:
      return Fill<float>(tensor, [&] { return static_cast<float>(random() >> 40) * 0x1p-24F; });
    case DataType::kFp64:
      return Fill<double>(tensor, unit);
    case DataType::kBytes:
      return;
  }
}

Tensor RandomStrings(const Shape& shape, int64_t count, std::mt19937_64& random) {
  std::vector<std::byte> data;
  for (int64_t i = 0; i < count; ++i) {
    std::array<char, 8> letters;
    for (char& letter : letters) letter = static_cast<char>('a' + random() % 26);
    AppendBytesElement(data, {letters.data(), letters.size()});
  }
  return {.type = DataType::kBytes, .shape = shape, .data = Buffer::CopyOf(data)};
}

}  // namespace

Result<Tensor> RandomTensor(DataType type, const Shape& shape, size_t max_bytes, std::mt19937_64& random,
                            MemoryPool& pool) {
  constexpr size_t kStringBytes = 4 + 8;
  const std::optional<int64_t> count = shape.ElementCount();
  if (!count) return InvalidArgument("no tensor has the shape " + shape.ToString());
  const size_t element_bytes = type == DataType::kBytes ? kStringBytes : ElementBytes(type);
  if (static_cast<uint64_t>(*count) > max_bytes / element_bytes) {
    return TooLarge("shape " + shape.ToString() + ": a request of more than 1 GiB");
  }
  if (type == DataType::kBytes) return RandomStrings(shape, *count, random);
  Tensor tensor = MakeTensor(pool, type, shape);
  FillNumbers(tensor, random);
  return tensor;
}

}  // namespace trireme::bench
