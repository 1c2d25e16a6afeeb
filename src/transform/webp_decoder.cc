// SPDX-License-Identifier: Apache-2.0
#include "transform/webp_decoder.h"

#include <webp/decode.h>
#include <webp/demux.h>

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
      return Unsupported("a WebP image of a kind that is not read");
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

Status DecodeFirst(std::span<const std::byte> bytes, const Image& canvas, uint8_t* to) {
  const WebPData data{.bytes = reinterpret_cast<const uint8_t*>(bytes.data()), .size = bytes.size()};
  const std::unique_ptr<WebPDemuxer, Close> demuxer(WebPDemux(&data));
  if (demuxer == nullptr) return Damaged("it is truncated, or its animation is none");
  WebPIterator first{};
  const std::unique_ptr<WebPIterator, Close> release(&first);
  if (WebPDemuxGetFrame(demuxer.get(), 1, &first) == 0) return Damaged("an animation without a picture");
  const size_t row_bytes = canvas.pixels().row_bytes();
  if (first.x_offset < 0 || first.y_offset < 0 || first.width + int64_t{first.x_offset} > canvas.size.width ||
      first.height + int64_t{first.y_offset} > canvas.size.height) {
    return Damaged("a picture beyond its canvas");
  }
  std::memset(to, 0, canvas.data.size());
  to += static_cast<size_t>(first.y_offset) * row_bytes + static_cast<size_t>(first.x_offset * kChannels);
  return DecodeStill(first.fragment.bytes, first.fragment.size, {.width = first.width, .height = first.height}, to,
                     row_bytes);
}

}  // namespace

Result<Image> DecodeWebp(std::span<const std::byte> bytes, const ImageHead& head, MemoryPool& pool) {
  Image image{.size = head.size,
              .filled_width = static_cast<double>(head.size.width),
              .filled_height = static_cast<double>(head.size.height)};
  image.data = Buffer::Take(pool, image.pixels().bytes());
  auto* to = reinterpret_cast<uint8_t*>(image.data.mutable_data());
  RETURN_IF_ERROR(head.animated ? DecodeFirst(bytes, image, to)
                                : DecodeStill(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), head.size,
                                              to, image.pixels().row_bytes()));
  return image;
}

}  // namespace trireme::transform
