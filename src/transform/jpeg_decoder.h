// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "transform/image.h"

namespace trireme::transform {

struct JpegWish {
  ImageSize size;    // what the head says
  ImageSize wanted;  // as in DecodeOptions
  Region needed;     // likewise
};

// A JPEG with libjpeg-turbo. What is harmless and common (bytes between segments) is passed over as by other programs;
// what leaves a part of the picture unknown is an error, whether that part is needed or not.
//
// The part of the image that there is has at least the needed pixels, each as if all had been made. It begins and ends
// where the file's blocks do.
Result<Image> DecodeJpeg(std::span<const std::byte> bytes, const JpegWish& wish, MemoryPool& pool);

// The divisor for that: 1, 2, 4 or 8.
int JpegReduction(ImageSize size, ImageSize wanted);

}  // namespace trireme::transform
