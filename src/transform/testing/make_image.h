// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "transform/image.h"

namespace trireme::transform {

// Pixels that differ from their neighbours in every channel.
std::vector<uint8_t> PaintedPixels(ImageSize size);

// Those as a file. PNG and lossless WebP give back what they were given.
std::string PaintedPng(ImageSize size);
std::string PaintedWebp(ImageSize size);
std::string PaintedJpeg(ImageSize size, int quality = 90);

}  // namespace trireme::transform
