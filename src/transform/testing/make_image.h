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
// Has so many rows more than its head says.
std::string PngWithRowsBehindItsEnd(ImageSize size, int64_t rows);
enum class JpegCoding : uint8_t { kBaseline, kProgressive, kArithmetic };
enum class JpegColours : uint8_t { kThree, kGrey, kInks };

struct JpegStyle {
  int quality = 90;
  JpegCoding coding = JpegCoding::kBaseline;
  JpegColours colours = JpegColours::kThree;
  // Samples of luma for one of colour, along each side; of grey and inks the factors of the first component, whatever
  // they mean there.
  int across = 2;
  int down = 2;
  unsigned restart_interval = 0;  // in blocks; 0: no restarts
};
std::string PaintedJpeg(ImageSize size, const JpegStyle& style = {});

// An animation of one picture, a lossless one, at the upper left of a canvas.
std::string PaintedAnimation(ImageSize canvas, ImageSize picture);

}  // namespace trireme::transform
