// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/permute.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"

namespace trireme::tensorflow {
namespace {

constexpr uint64_t kMostRows = 64;        // that are made at a time
constexpr uint64_t kMostBlock = 1 << 20;  // bytes of them, unless one has more

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

// Copies `rows` elements with a width that the compiler knows.
template <size_t kWidth>
void CopyElements(const char* from, uint64_t from_apart, char* to, uint64_t to_apart, uint64_t rows) {
  for (uint64_t i = 0; i < rows; ++i, from += from_apart, to += to_apart) std::memcpy(to, from, kWidth);
}

void CopyElements(uint64_t width, const char* from, uint64_t from_apart, char* to, uint64_t to_apart, uint64_t rows) {
  switch (width) {
    case 1:
      return CopyElements<1>(from, from_apart, to, to_apart, rows);
    case 2:
      return CopyElements<2>(from, from_apart, to, to_apart, rows);
    case 4:
      return CopyElements<4>(from, from_apart, to, to_apart, rows);
    default:
      return CopyElements<8>(from, from_apart, to, to_apart, rows);
  }
}

// Fills rows of the result, which have `row_bytes` each and whose elements lie as `steps` says. One element of each row
// at a time: where what is outermost in the result is innermost in what is read, as in filters, those lie together.
void FillRows(const char* from, uint64_t width, const Step& outermost, std::span<const Step> steps, uint64_t rows,
              uint64_t row_bytes, char* to) {
  std::vector<uint64_t> at(steps.size(), 0);
  for (uint64_t done = 0; done < row_bytes; done += width) {
    CopyElements(width, from, outermost.bytes, to + done, row_bytes, rows);
    for (size_t axis = steps.size(); axis-- > 0;) {
      from += steps[axis].bytes;
      if (++at[axis] < steps[axis].count) break;
      from -= steps[axis].bytes * steps[axis].count;
      at[axis] = 0;
    }
  }
}

}  // namespace

Status Permute(std::string_view elements, uint64_t width, const Dims& dims, std::span<const int64_t> order,
               const TakeBytes& take) {
  const std::vector<Step> steps = StepsOf(width, dims, order);
  uint64_t bytes = width;
  for (const Step& step : steps) bytes *= step.count;
  CHECK(bytes == elements.size());
  if (bytes == 0 || steps.empty()) return take(elements);
  const Step& outermost = steps.front();
  const uint64_t row_bytes = bytes / outermost.count;
  const uint64_t at_once = std::clamp<uint64_t>(kMostBlock / row_bytes, 1, std::min(kMostRows, outermost.count));
  std::string block(at_once * row_bytes, '\0');
  for (uint64_t row = 0; row < outermost.count; row += at_once) {
    const uint64_t rows = std::min(at_once, outermost.count - row);
    FillRows(elements.data() + row * outermost.bytes, width, outermost, std::span(steps).subspan(1), rows, row_bytes,
             block.data());
    RETURN_IF_ERROR(take(std::string_view(block).substr(0, rows * row_bytes)));
  }
  return {};
}

}  // namespace trireme::tensorflow
