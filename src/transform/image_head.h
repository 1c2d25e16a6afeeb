// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "codec/picture_kind.h"
#include "transform/image.h"

namespace trireme::transform {

// How the file keeps its pixels; they are decoded to RGB whatever it is.
enum class ColourKind : uint8_t { kGrey, kGreyAlpha, kColour, kColourAlpha, kPalette, kInks };

// What the first bytes of a file say of its picture: nothing is decoded, and nothing of it is believed beyond them.
struct ImageHead {
  PictureKind format = PictureKind::kJpeg;
  ImageSize size;  // as it is stored: neither side is 0; no turn that EXIF may ask for
  ColourKind colour = ColourKind::kColour;
  int bits = 8;           // of a channel, or of a palette's index
  bool animated = false;  // WebP alone: an animated PNG is a PNG with an ordinary picture
  // JPEG alone: a decoder has to keep all of it, because the pixels come in several scans (a progressive one). Also
  // where the file ends before that is said.
  bool has_several_scans = false;
};

// Takes no memory. kInvalidArgument: these are no JPEG, PNG or WebP, or end within their head; says what they look
// like.
Result<ImageHead> ReadImageHead(std::span<const std::byte> bytes);

}  // namespace trireme::transform
