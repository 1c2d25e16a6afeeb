// SPDX-License-Identifier: Apache-2.0
// Decodes any bytes, in full and for a small picture, and takes them through a model's steps. Whatever comes, sizes
// agree and a failure has a reason.
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

void CheckRow(std::span<const std::byte> bytes, MemoryPool& pool) {
  ImageSteps steps;
  steps.resize = ImageSteps::ResizeTo::kShorterSide;
  steps.side = 10;
  steps.crop = ImageSize{.width = 8, .height = 12};
  std::vector<float> row(size_t{3} * 8 * 12);
  const Status status = ImageToRow(bytes, steps, kLimits, std::as_writable_bytes(std::span(row)), pool);
  CHECK(status.ok() || !status.message().empty());
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
