// SPDX-License-Identifier: Apache-2.0
#include "transform/testing/make_image.h"

#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>

#include "base/check.h"

namespace trireme::transform {

// Hills, edges and a ripple: a JPEG takes about as many bytes of it as of a photo.
std::vector<uint8_t> PaintedPixels(ImageSize size) {
  std::vector<uint8_t> pixels;
  pixels.reserve(static_cast<size_t>(size.width * size.height * kChannels));
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      const double hills = 100 + 70 * std::sin(static_cast<double>(x) / 37) * std::cos(static_cast<double>(y) / 53);
      const int64_t edge = (x / 90 + y / 70) % 3 == 0 ? 30 : 0;
      for (int64_t c = 0; c < kChannels; ++c) {
        const int64_t ripple = (x * (7 + c) + y * (13 - c) + x * y % 5) % 17;
        pixels.push_back(static_cast<uint8_t>(static_cast<int64_t>(hills) + edge * c / 2 + ripple));
      }
    }
  }
  return pixels;
}

std::string PaintedPng(ImageSize size) {
  const std::vector<uint8_t> pixels = PaintedPixels(size);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(size.width);
  png.height = static_cast<png_uint_32>(size.height);
  png.format = PNG_FORMAT_RGB;
  std::string file(pixels.size() * 2 + 1000, '\0');
  png_alloc_size_t count = file.size();
  CHECK(png_image_write_to_memory(&png, file.data(), &count, 0, pixels.data(), 0, nullptr) != 0);
  file.resize(count);
  return file;
}

std::string PngWithRowsBehindItsEnd(ImageSize size, int64_t rows) {
  std::string file = PaintedPng({size.width, size.height + rows});
  constexpr size_t kHead = 12;  // where IHDR is called so; then width, height and five bytes, and the checksum of all
  constexpr size_t kHeadBytes = 17;
  const auto write = [&file](size_t at, uint64_t number) {
    for (size_t i = 0; i < 4; ++i) file[at + i] = static_cast<char>(number >> (24 - 8 * i));
  };
  write(kHead + 8, static_cast<uint64_t>(size.height));
  write(kHead + kHeadBytes, crc32(0, reinterpret_cast<const Bytef*>(file.data()) + kHead, kHeadBytes));
  return file;
}

std::string PaintedWebp(ImageSize size) {
  const std::vector<uint8_t> pixels = PaintedPixels(size);
  uint8_t* bytes = nullptr;
  const auto width = static_cast<int>(size.width);
  const size_t count = WebPEncodeLosslessRGB(pixels.data(), width, static_cast<int>(size.height), width * 3, &bytes);
  CHECK(count > 0);
  std::string file(reinterpret_cast<const char*>(bytes), count);
  WebPFree(bytes);
  return file;
}

namespace {

std::string Little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

std::string Sides(ImageSize size) {
  return Little(static_cast<uint64_t>(size.width - 1), 3) + Little(static_cast<uint64_t>(size.height - 1), 3);
}

std::string Chunk(const std::string& name, const std::string& body) {
  return name + Little(body.size(), 4) + body + std::string(body.size() % 2, '\0');
}

}  // namespace

std::string PaintedAnimation(ImageSize canvas, ImageSize picture) {
  constexpr size_t kRiffHead = 12;
  const std::string still = PaintedWebp(picture).substr(kRiffHead);
  const std::string chunks = Chunk("VP8X", Little(0x02, 4) + Sides(canvas)) + Chunk("ANIM", Little(0, 6)) +
                             Chunk("ANMF", Little(0, 6) + Sides(picture) + Little(100, 3) + Little(0, 1) + still);
  return Chunk("RIFF", "WEBP" + chunks);
}

namespace {

void SetStyle(jpeg_compress_struct& jpeg, const JpegStyle& style) {
  const bool has_inks = style.colours == JpegColours::kInks;
  jpeg.input_components = has_inks ? kChannels + 1 : kChannels;
  jpeg.in_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  if (has_inks) jpeg_set_colorspace(&jpeg, JCS_YCCK);
  if (style.colours == JpegColours::kGrey) jpeg_set_colorspace(&jpeg, JCS_GRAYSCALE);
  jpeg_set_quality(&jpeg, style.quality, TRUE);
  if (style.coding == JpegCoding::kProgressive) jpeg_simple_progression(&jpeg);
  jpeg.arith_code = style.coding == JpegCoding::kArithmetic ? TRUE : FALSE;
  jpeg.comp_info[0].h_samp_factor = style.across;
  jpeg.comp_info[0].v_samp_factor = style.down;
  jpeg.restart_interval = style.restart_interval;
}

}  // namespace

std::string PaintedJpeg(ImageSize size, const JpegStyle& style) {
  // Of inks the painted bytes are taken four at a time, so there must be more of them.
  const int64_t rows = style.colours == JpegColours::kInks ? 2 * size.height : size.height;
  std::vector<uint8_t> pixels = PaintedPixels({.width = size.width, .height = rows});
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;  // NOLINT(google-runtime-int): libjpeg's
  jpeg_mem_dest(&jpeg, &bytes, &count);
  jpeg.image_width = static_cast<JDIMENSION>(size.width);
  jpeg.image_height = static_cast<JDIMENSION>(size.height);
  SetStyle(jpeg, style);
  jpeg_start_compress(&jpeg, TRUE);
  for (uint8_t* row = pixels.data(); jpeg.next_scanline < jpeg.image_height;
       row += size.width * jpeg.input_components) {
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(bytes), count);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return file;
}

}  // namespace trireme::transform
