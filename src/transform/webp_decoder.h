// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "transform/image.h"
#include "transform/image_head.h"

namespace trireme::transform {

// A WebP with that head, with libwebp. Of an animated one the first picture, on a black canvas where it does not fill
// it.
Result<Image> DecodeWebp(std::span<const std::byte> bytes, const ImageHead& head, MemoryPool& pool);

}  // namespace trireme::transform
