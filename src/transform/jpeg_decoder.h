// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "transform/image.h"

namespace trireme::transform {

// A JPEG whose head said `size`, with libjpeg-turbo; `wanted` as in DecodeOptions. What is harmless and common (bytes
// between segments) is passed over as by other programs; what leaves a part of the picture unknown is an error.
Result<Image> DecodeJpeg(std::span<const std::byte> bytes, ImageSize size, ImageSize wanted, MemoryPool& pool);

// The divisor for that: 1, 2, 4 or 8.
int JpegReduction(ImageSize size, ImageSize wanted);

}  // namespace trireme::transform
