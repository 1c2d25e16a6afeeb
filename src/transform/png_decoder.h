// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/memory_pool.h"
#include "base/status.h"
#include "transform/image.h"

namespace trireme::transform {

// A PNG whose head said `size`, with libpng. Of an animated one its ordinary picture. Only what says the pixels is
// looked at: no colour profile, gamma or text.
Result<Image> DecodePng(std::span<const std::byte> bytes, ImageSize size, MemoryPool& pool);

}  // namespace trireme::transform
