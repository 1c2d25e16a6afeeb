// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/sample_input.h"

#include <array>
#include <cstring>

#include "tensor/bytes_elements.h"

namespace trireme {
namespace {

constexpr int64_t kMaxElements = int64_t{32} << 20;  // 256 MiB of the widest type

// Marsaglia's xorshift64: repeatable on every machine, which std::uniform_* is not.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL | 1) {}
  uint64_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  double Between(double low, double high) { return low + (high - low) * static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

template <typename T, typename Make>
void Fill(Tensor& tensor, Make make) {
  for (T& element : tensor.MutableAs<T>()) element = static_cast<T>(make());
}

// Text that is a number too: models that read numbers out of text take it.
Tensor MakeText(const Shape& shape, int64_t count, Random& random) {
  std::vector<std::byte> data;
  for (int64_t i = 0; i < count; ++i) AppendBytesElement(data, std::to_string(random.Next() % 10));
  return {.type = DataType::kBytes, .shape = shape, .data = Buffer::CopyOf(data)};
}

Tensor MakeSample(DataType type, const Shape& shape, int64_t count, Random& random, MemoryPool& pool) {
  if (type == DataType::kBytes) return MakeText(shape, count, random);
  Tensor tensor = MakeTensor(pool, type, shape);
  const auto bit = [&] { return random.Next() >> 32 & 1; };
  // Sixteen-bit floats by their patterns: +-0.5 and +-1.
  constexpr std::array<uint16_t, 4> kHalf = {0x3800, 0xB800, 0x3C00, 0xBC00};
  constexpr std::array<uint16_t, 4> kBrain = {0x3F00, 0xBF00, 0x3F80, 0xBF80};
  switch (type) {
    case DataType::kFp32:
      Fill<float>(tensor, [&] { return random.Between(-1, 1); });
      break;
    case DataType::kFp64:
      Fill<double>(tensor, [&] { return random.Between(-1, 1); });
      break;
    case DataType::kFp16:
      Fill<uint16_t>(tensor, [&] { return kHalf[random.Next() >> 32 & 3]; });
      break;
    case DataType::kBf16:
      Fill<uint16_t>(tensor, [&] { return kBrain[random.Next() >> 32 & 3]; });
      break;
    default:
      switch (ElementBytes(type)) {
        case 1:
          Fill<uint8_t>(tensor, bit);
          break;
        case 2:
          Fill<uint16_t>(tensor, bit);
          break;
        case 4:
          Fill<uint32_t>(tensor, bit);
          break;
        default:
          Fill<uint64_t>(tensor, bit);
          break;
      }
  }
  return tensor;
}

}  // namespace

Shape SampleShape(const Signature& signature, const TensorSpec& input, const SampleOptions& options) {
  Shape shape = input.shape;
  for (size_t i = 0; i < shape.rank(); ++i) {
    // The outermost dimension mostly counts rows, also where they cannot share a run.
    const bool counts_rows = i == 0 && (signature.batched || shape.rank() > 1);
    if (shape[i] == Shape::kAny) shape[i] = counts_rows ? options.rows : options.free_dim;
  }
  return shape;
}

std::optional<std::vector<Tensor>> MakeSampleInputs(const Signature& signature, const SampleOptions& options,
                                                    MemoryPool& pool) {
  Random random(options.seed);
  std::vector<Tensor> inputs;
  for (const TensorSpec& spec : signature.inputs) {
    const Shape shape = SampleShape(signature, spec, options);
    const std::optional<int64_t> count = shape.ElementCount();
    if (!count || *count > kMaxElements) return std::nullopt;
    inputs.push_back(MakeSample(spec.type, shape, *count, random, pool));
  }
  return inputs;
}

Tensor MakeSampleTensor(DataType type, const Shape& shape, uint64_t seed, MemoryPool& pool) {
  Random random(seed);
  return MakeSample(type, shape, shape.ElementCount().value_or(0), random, pool);
}

}  // namespace trireme
