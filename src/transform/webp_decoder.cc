// SPDX-License-Identifier: Apache-2.0
#include "transform/webp_decoder.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>

#include "base/check.h"

namespace trireme::transform {
namespace {

Status Damaged(const std::string& how) {
  return InvalidArgument("expected a WebP image, found one that is damaged: " + how);
}

Status Failure(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK:
      return {};
    case VP8_STATUS_OUT_OF_MEMORY:
      throw std::bad_alloc();  // as any other wish for memory would
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return InvalidArgument("expected a whole WebP image, found one that is truncated");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return InvalidArgument("expected a WebP image, found one of a kind that is not read");
    default:
      return Damaged("its bytes are no picture");
  }
}

// Decodes a still picture of that size to the rows of a canvas.
Status DecodeStill(const uint8_t* bytes, size_t count, ImageSize size, uint8_t* to, size_t row_bytes) {
  WebPDecoderConfig config;
  CHECK(WebPInitDecoderConfig(&config) != 0);
  RETURN_IF_ERROR(Failure(WebPGetFeatures(bytes, count, &config.input)));
  if (config.input.has_animation != 0) return Damaged("an animation within a picture");
  if (config.input.width != size.width || config.input.height != size.height) return Damaged("it has two sizes");
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {
      .rgba = to,
      .stride = static_cast<int>(row_bytes),
      .size = row_bytes * static_cast<size_t>(size.height - 1) + static_cast<size_t>(size.width * kChannels)};
  return Failure(WebPDecode(bytes, count, &config));
}

struct Close {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
  void operator()(WebPIterator* picture) const { WebPDemuxReleaseIterator(picture); }
};

// Nobody draws a picture on a much larger canvas, all of which would be made and resized for a few bytes.
Status CheckCanvas(const WebPIterator& first, ImageSize canvas) {
  constexpr int64_t kMostPerPixel = 64;
  constexpr int64_t kSmallCanvas = int64_t{1} << 20;
  const int64_t pixels = canvas.width * canvas.height;
  if (first.x_offset < 0 || first.y_offset < 0 || first.width + int64_t{first.x_offset} > canvas.width ||
      first.height + int64_t{first.y_offset} > canvas.height) {
    return Damaged("a picture beyond its canvas");
  }
  if (pixels <= std::max(kSmallCanvas, kMostPerPixel * first.width * first.height)) return {};
  return TooLarge("expected a WebP animation whose first picture fills at least a " + std::to_string(kMostPerPixel) +
                  "th of its canvas, found one of " + std::to_string(first.width) + "x" + std::to_string(first.height) +
                  " on " + std::to_string(canvas.width) + "x" + std::to_string(canvas.height) + " pixels");
}

Image EmptyImage(ImageSize size, MemoryPool& pool) {
  Image image{.extent = Extent::Whole(size)};
  image.data = Buffer::Take(pool, image.pixels().bytes());
  return image;
}

Result<Image> DecodeFirst(std::span<const std::byte> bytes, ImageSize size, MemoryPool& pool) {
  const WebPData data{.bytes = reinterpret_cast<const uint8_t*>(bytes.data()), .size = bytes.size()};
  const std::unique_ptr<WebPDemuxer, Close> demuxer(WebPDemux(&data));
  if (demuxer == nullptr) return Damaged("it is truncated, or its animation is none");
  WebPIterator first{};
  const std::unique_ptr<WebPIterator, Close> release(&first);
  if (WebPDemuxGetFrame(demuxer.get(), 1, &first) == 0) return Damaged("an animation without a picture");
  RETURN_IF_ERROR(CheckCanvas(first, size));
  Image canvas = EmptyImage(size, pool);
  auto* to = reinterpret_cast<uint8_t*>(canvas.data.mutable_data());
  std::memset(to, 0, canvas.data.size());
  const size_t row_bytes = canvas.pixels().row_bytes();
  to += static_cast<size_t>(first.y_offset) * row_bytes + static_cast<size_t>(first.x_offset * kChannels);
  RETURN_IF_ERROR(DecodeStill(first.fragment.bytes, first.fragment.size, {.width = first.width, .height = first.height},
                              to, row_bytes));
  return canvas;
}

}  // namespace

Result<Image> DecodeWebp(std::span<const std::byte> bytes, const ImageHead& head, MemoryPool& pool) {
  if (head.animated) return DecodeFirst(bytes, head.size, pool);
  Image image = EmptyImage(head.size, pool);
  RETURN_IF_ERROR(DecodeStill(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), head.size,
                              reinterpret_cast<uint8_t*>(image.data.mutable_data()), image.pixels().row_bytes()));
  return image;
}

}  // namespace trireme::transform
