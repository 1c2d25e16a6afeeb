// SPDX-License-Identifier: Apache-2.0
// Decodes any bytes, in full and for a small picture, and takes them through a model's steps. Whatever comes, sizes
// agree and a failure has a reason.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "transform/image_row.h"

namespace trireme::transform {
namespace {

constexpr DecodeLimits kLimits{.max_bytes = 1 << 20, .max_pixels = 1 << 18, .max_side = 4096};

void CheckDecoding(std::span<const std::byte> bytes, ImageSize wanted, MemoryPool& pool) {
  const Result<Image> image = DecodeImage(bytes, {.limits = kLimits, .wanted = wanted}, pool);
  if (!image.ok()) {
    CHECK(!image.status().message().empty());
    return;
  }
  CHECK(image->size.width > 0 && image->size.height > 0);
  CHECK(image->size.width * image->size.height <= kLimits.max_pixels);
  CHECK(image->filled_width <= static_cast<double>(image->size.width));
  CHECK(image->filled_height <= static_cast<double>(image->size.height));
  CHECK(image->data.size() == image->pixels().bytes());
}

ImageSteps Steps(DataType type) {
  ImageSteps steps;
  steps.resize = ImageSteps::ResizeTo::kShorterSide;
  steps.side = 10;
  steps.crop = ImageSize{.width = 8, .height = 12};
  steps.divide_by_255 = type != DataType::kUint8;
  steps.type = type;
  steps.layout = Layout::kNhwc;
  return steps;
}

// What the head says of a picture is what becomes of it: one that is refused by its head is refused, a row is filled to
// its end, and the same whether its values are scaled or not.
void CheckRow(std::span<const std::byte> bytes, MemoryPool& pool) {
  constexpr size_t kValues = size_t{3} * 8 * 12;
  std::vector<float> row(kValues, NAN);
  std::vector<uint8_t> pixels(kValues);
  const auto make = [&](DataType type, auto& values) {
    return ImageToRow(bytes, Steps(type), kLimits, std::as_writable_bytes(std::span(values)), pool);
  };
  const Status status = make(DataType::kFp32, row);
  CHECK(make(DataType::kUint8, pixels).code() == status.code());
  const Result<ImageHead> head = ReadImageHead(bytes);
  const bool may_be =
      head.ok() && CheckLimits(bytes, *head, kLimits).ok() && RowShape(Steps(DataType::kFp32), head->size).ok();
  CHECK(may_be || !status.ok());
  if (!status.ok()) {
    CHECK(!status.message().empty());
    return;
  }
  CHECK(MakingBytes(*head, Steps(DataType::kFp32)) > 0);
  for (size_t i = 0; i < kValues; ++i) CHECK(row[i] == static_cast<float>(pixels[i]) / 255.0F);
}

}  // namespace
}  // namespace trireme::transform

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static trireme::MemoryPool pool;
  const auto bytes = std::as_bytes(std::span(data, size));
  trireme::transform::CheckDecoding(bytes, {}, pool);
  trireme::transform::CheckDecoding(bytes, {.width = 4, .height = 4}, pool);
  trireme::transform::CheckRow(bytes, pool);
  return 0;
}
