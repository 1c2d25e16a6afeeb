// SPDX-License-Identifier: Apache-2.0
#include "transform/decode_image.h"

#include <string>

#include "base/check.h"
#include "transform/jpeg_decoder.h"
#include "transform/png_decoder.h"
#include "transform/webp_decoder.h"

namespace trireme::transform {
namespace {

Status Over(const ImageSize& size, const std::string& limit) {
  return TooLarge("expected an image of at most " + limit + ", found one of " + std::to_string(size.width) + "x" +
                  std::to_string(size.height) + " pixels");
}

}  // namespace

Status CheckLimits(std::span<const std::byte> bytes, const ImageHead& head, const DecodeLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    return TooLarge("expected an image of at most " + std::to_string(limits.max_bytes) + " bytes, found one of " +
                    std::to_string(bytes.size()));
  }
  if (head.size.width > limits.max_side || head.size.height > limits.max_side) {
    return Over(head.size, std::to_string(limits.max_side) + " pixels a side");
  }
  if (head.size.width > limits.max_pixels / head.size.height) {
    return Over(head.size, std::to_string(limits.max_pixels) + " pixels");
  }
  return {};
}

size_t DecodingBytes(const ImageHead& head, ImageSize wanted) {
  constexpr size_t kRows = 64;  // that a decoder keeps of what it is reading, of four channels of two bytes each
  const auto width = static_cast<size_t>(head.size.width);
  const size_t pixels = width * static_cast<size_t>(head.size.height);
  const size_t rows = width * kRows * 8 + (size_t{1} << 20);
  switch (head.format) {
    case PictureKind::kJpeg: {
      const auto reduction = static_cast<size_t>(JpegReduction(head.size, wanted));
      const size_t components = head.colour == ColourKind::kGrey ? 1 : head.colour == ColourKind::kInks ? 4 : 3;
      const size_t coefficients = head.has_several_scans ? pixels * components * sizeof(int16_t) : 0;
      return pixels / (reduction * reduction) * kChannels + coefficients + rows;
    }
    case PictureKind::kPng:
      return pixels * kChannels + rows;
    case PictureKind::kWebp:  // four bytes of each without loss, and one of alpha
      return pixels * (kChannels + 4 + 1) + rows;
  }
  return pixels * kChannels;
}

Result<Image> DecodeImage(std::span<const std::byte> bytes, const DecodeOptions& options, MemoryPool& pool) {
  ASSIGN_OR_RETURN(const ImageHead head, ReadImageHead(bytes));
  RETURN_IF_ERROR(CheckLimits(bytes, head, options.limits));
  const Region needed = options.needed.value_or(Region{.size = head.size});
  CHECK(needed.left >= 0 && needed.top >= 0 && needed.size.width > 0 && needed.size.height > 0);
  CHECK(needed.right() <= head.size.width && needed.bottom() <= head.size.height);
  switch (head.format) {
    case PictureKind::kJpeg:
      return DecodeJpeg(bytes, {.size = head.size, .wanted = options.wanted, .needed = needed}, pool);
    case PictureKind::kPng:
      return DecodePng(bytes, head.size, pool);
    case PictureKind::kWebp:
      return DecodeWebp(bytes, head, pool);
  }
  return Internal("no decoder for this image");
}

}  // namespace trireme::transform
