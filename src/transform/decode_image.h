// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "transform/image.h"
#include "transform/image_head.h"

namespace trireme::transform {

// What a picture may be, looked at before memory is taken for it. A decoded picture takes 3 bytes a pixel; while it is
// decoded, a progressive JPEG takes up to 6 more (8 of four inks), a lossless WebP 4 more.
struct DecodeLimits {
  size_t max_bytes = size_t{64} << 20;  // of the file
  // 256 MiB of RGB. It is where Pillow begins to warn of a "decompression bomb" (it refuses at twice as many), and no
  // camera that people carry takes as many.
  int64_t max_pixels = 89'478'485;
  int64_t max_side = 65'500;  // what libjpeg takes; WebP has at most 16,383
};

struct DecodeOptions {
  DecodeLimits limits;
  // The size to which the picture will be made smaller. A JPEG is then decoded at a half, a quarter or an eighth, the
  // least of these that leaves at least twice this in both directions: a third of the time for a photo of 12
  // megapixels. Zeros: in full.
  ImageSize wanted;
  // The part that somebody needs, not empty, in pixels of the picture as it is stored, and within it. Of a JPEG what
  // lies beside it is read and checked, but not made into pixels. Nothing: all of it.
  std::optional<Region> needed;
};

// A picture as Pillow's Image.open(...).convert("RGB") has it: grey on all channels, a palette looked up, alpha dropped
// without blending, inks (CMYK) turned to colours without a profile, the upper 8 of 16 bits (of a grey PNG, as there,
// the least of its value and 255). Of an animation the first picture. A turn that EXIF asks for is not made.
//
// Thread-safe. kInvalidArgument: no such image, or one that is truncated or damaged; it is never half a picture.
// kTooLarge: over a limit, which is named. kUnsupported: a kind of JPEG that nobody writes (lossless, 12 bits).
Result<Image> DecodeImage(std::span<const std::byte> bytes, const DecodeOptions& options, MemoryPool& pool);

// The memory that DecodeImage takes for such a picture at most: for its pixels and while it decodes them.
size_t DecodingBytes(const ImageHead& head, ImageSize wanted);

// The same of one whose head has been read, and is within the limits. For those who looked at the head first.
Status CheckLimits(std::span<const std::byte> bytes, const ImageHead& head, const DecodeLimits& limits);

}  // namespace trireme::transform
