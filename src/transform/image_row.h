// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "tensor/tensor.h"
#include "transform/decode_image.h"
#include "transform/image_steps.h"

namespace trireme::transform {

// A picture through the steps into `row`: the elements of a shape of RowShape(steps, size), so that the pictures of a
// batch are put side by side without a copy. `row` is aligned to the element; it is undefined after a failure.
//
// Thread-safe; takes a few milliseconds a megapixel, so it is no work for an I/O loop. The steps have passed
// CheckSteps. Fails as DecodeImage and RowShape do, and with kInvalidArgument if `row` has another size.
Status ImageToRow(std::span<const std::byte> image, const ImageSteps& steps, const DecodeLimits& limits,
                  std::span<std::byte> row, MemoryPool& pool);

// The memory that this takes at most, beside the row: for decoding, and for the steps. The picture has passed
// CheckLimits and RowShape.
size_t MakingBytes(const ImageHead& head, const ImageSteps& steps);

// The same of pixels that somebody has decoded.
Status PixelsToRow(const Pixels& pixels, const ImageSteps& steps, std::span<std::byte> row, MemoryPool& pool);

// A tensor as pixels: UINT8 of [height,width,3], or [1,height,width,3]. The tensor must outlive them.
Result<Pixels> PixelsOf(const Tensor& tensor);

}  // namespace trireme::transform
