// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::kserve {

// Elements of one row that can be put in order.
inline constexpr int64_t kMaxClasses = 1'000'000;

// Whether outputs of this type can be classified: all numbers.
bool CanClassify(DataType type);

// Classes of all rows of all outputs of an answer, and the bytes of their texts.
inline constexpr int64_t kMaxClassesTogether = 1'000'000;
inline constexpr size_t kMaxClassBytesTogether = 64 << 20;

// OK, or kInvalidArgument if an answer would have more than kMaxClassesTogether.
Status CheckClassesTogether(int64_t classes);

// Puts classes in the place of the outputs of one answer ("Classification" extension), which share its bounds.
class Classifier {
 public:
  explicit Classifier(MemoryPool& pool) : pool_(pool) {}

  // The `most` greatest elements of each row as "value:index" or "value:index:label": BYTES of shape [rows, K] if the
  // outermost dimension counts rows, else [K], where K is `most` or what a row has. Greatest first; equal ones in the
  // order of their indexes; what is no number comes last. Values as printf writes them with %f, those of 1e15 and more
  // with the fewest digits that read back the same; integers plainly. `labels` may be null, and shorter than a row.
  //
  // kInvalidArgument: another type, a row of more than kMaxClasses elements, or too many classes. kInternal: the tensor
  // is not whole.
  Result<Tensor> Classify(const Tensor& output, uint64_t most, bool rows, const std::vector<std::string>* labels);

 private:
  MemoryPool& pool_;
  int64_t classes_ = 0;
  size_t bytes_left_ = kMaxClassBytesTogether;
};

}  // namespace trireme::kserve
