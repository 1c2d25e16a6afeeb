// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/permute.h"

#include <cstring>
#include <vector>

#include "base/check.h"

namespace trireme::tensorflow {
namespace {

// A dimension of the result: how many, and how far apart they lie in what is read.
struct Step {
  uint64_t count = 1;
  uint64_t bytes = 0;
};

std::vector<Step> StepsOf(uint64_t width, const Dims& dims, std::span<const int64_t> order) {
  std::vector<uint64_t> strides(dims.size());
  uint64_t stride = width;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= static_cast<uint64_t>(dims[i]);
  }
  std::vector<Step> steps;
  for (const int64_t axis : order) {
    steps.push_back(
        {.count = static_cast<uint64_t>(dims[static_cast<size_t>(axis)]), .bytes = strides[static_cast<size_t>(axis)]});
  }
  return steps;
}

// The innermost dimension is copied in a loop of its own, with a width that the compiler knows.
template <size_t kWidth>
void CopyRow(const char* from, const Step& step, char*& to) {
  for (uint64_t i = 0; i < step.count; ++i, from += step.bytes, to += kWidth) std::memcpy(to, from, kWidth);
}

void CopyRow(uint64_t width, const char* from, const Step& step, char*& to) {
  switch (width) {
    case 1:
      return CopyRow<1>(from, step, to);
    case 2:
      return CopyRow<2>(from, step, to);
    case 4:
      return CopyRow<4>(from, step, to);
    default:
      return CopyRow<8>(from, step, to);
  }
}

}  // namespace

std::string Permute(std::string_view elements, uint64_t width, const Dims& dims, std::span<const int64_t> order) {
  const std::vector<Step> steps = StepsOf(width, dims, order);
  std::string permuted(elements.size(), '\0');
  uint64_t count = 1;
  for (const Step& step : steps) count *= step.count;
  CHECK(count * width == elements.size());
  if (count == 0 || steps.empty()) return std::string(elements);
  std::vector<uint64_t> at(steps.size(), 0);
  const char* from = elements.data();
  char* to = permuted.data();
  for (;;) {
    CopyRow(width, from, steps.back(), to);
    size_t axis = steps.size() - 1;
    while (axis > 0) {
      --axis;
      from += steps[axis].bytes;
      if (++at[axis] < steps[axis].count) break;
      from -= steps[axis].bytes * steps[axis].count;
      at[axis] = 0;
      if (axis == 0) return permuted;
    }
    if (steps.size() == 1) return permuted;
  }
}

}  // namespace trireme::tensorflow
