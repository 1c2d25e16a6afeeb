// SPDX-License-Identifier: Apache-2.0
// Decodes any bytes, in full, in part and for a small picture, and takes them through a model's steps. Whatever comes,
// sizes agree, a part is as in the whole, and a failure has a reason.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
  CHECK(image->extent.size.width > 0 && image->extent.size.height > 0);
  CHECK(image->extent.size.width * image->extent.size.height <= kLimits.max_pixels);
  CHECK(image->extent.filled_width <= static_cast<double>(image->extent.size.width));
  CHECK(image->extent.filled_height <= static_cast<double>(image->extent.size.height));
  CHECK(image->data.size() == image->pixels().bytes());
}

// A part is as in the whole, and is refused where that is.
void CheckPart(std::span<const std::byte> bytes, ImageSize wanted, MemoryPool& pool) {
  const Result<ImageHead> head = ReadImageHead(bytes);
  if (!head.ok() || !CheckLimits(bytes, *head, kLimits).ok()) return;
  DecodeOptions options{.limits = kLimits, .wanted = wanted};
  const Result<Image> whole = DecodeImage(bytes, options, pool);
  const ImageSize& size = head->size;
  options.needed = Region{.left = size.width / 2, .top = size.height / 2, .size = {.width = 1, .height = 1}};
  const Result<Image> part = DecodeImage(bytes, options, pool);
  CHECK(part.status().code() == whole.status().code() && part.status().message() == whole.status().message());
  if (!whole.ok()) return;
  CHECK(part->extent.size == whole->extent.size);
  const auto reduction = static_cast<int64_t>(static_cast<double>(size.width) / whole->extent.filled_width);
  const int64_t left = options.needed->left / reduction;
  const int64_t top = options.needed->top / reduction;
  const Region& there = part->extent.part;
  const uint8_t* found = part->pixels().row(top - there.top) + (left - there.left) * kChannels;
  CHECK(std::memcmp(found, whole->pixels().row(top) + left * kChannels, kChannels) == 0);
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
  trireme::transform::CheckPart(bytes, {}, pool);
  trireme::transform::CheckPart(bytes, {.width = 4, .height = 4}, pool);
  trireme::transform::CheckRow(bytes, pool);
  return 0;
}
