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
enum class JpegCoding : uint8_t { kBaseline, kProgressive, kArithmetic };
std::string PaintedJpeg(ImageSize size, int quality = 90, JpegCoding coding = JpegCoding::kBaseline);

// An animation of one picture, a lossless one, at the upper left of a canvas.
std::string PaintedAnimation(ImageSize canvas, ImageSize picture);

}  // namespace trireme::transform
