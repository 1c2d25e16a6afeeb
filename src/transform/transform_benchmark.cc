// SPDX-License-Identifier: Apache-2.0
// A classifier's picture (256, 224 x 224, normalised) from JPEGs of three sizes and from a PNG and a WebP: decoding alone,
// and all steps, in full and at the part of the size that suffices.
#include <benchmark/benchmark.h>

#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "transform/image_row.h"

namespace trireme::transform {
namespace {

constexpr ImageSize kSmall{.width = 500, .height = 375};
constexpr ImageSize kMedium{.width = 1920, .height = 1080};
constexpr ImageSize kLarge{.width = 4000, .height = 3000};

// Hills, edges and a little noise: a JPEG of quality 85 takes about as many bytes of it as of a photo.
std::vector<uint8_t> Painted(ImageSize size) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 4);
  std::vector<uint8_t> pixels;
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      const float hills = 128 + 70 * std::sin(static_cast<float>(x) / 37) * std::cos(static_cast<float>(y) / 53);
      const float edges = (x / 90 + y / 70) % 3 == 0 ? 40.0F : 0.0F;
      for (int c = 0; c < kChannels; ++c) {
        pixels.push_back(static_cast<uint8_t>(std::clamp(hills + edges * static_cast<float>(c) + noise(random), 0.0F, 255.0F)));
      }
    }
  }
  return pixels;
}

std::string AsJpeg(ImageSize size) {
  std::vector<uint8_t> pixels = Painted(size);
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long count = 0;  // NOLINT(google-runtime-int): libjpeg's
  jpeg_mem_dest(&jpeg, &bytes, &count);
  jpeg.image_width = static_cast<JDIMENSION>(size.width);
  jpeg.image_height = static_cast<JDIMENSION>(size.height);
  jpeg.input_components = kChannels;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 85, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  for (uint8_t* row = pixels.data(); jpeg.next_scanline < jpeg.image_height; row += size.width * kChannels) {
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(bytes), count);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return file;
}

std::string AsPng(ImageSize size) {
  const std::vector<uint8_t> pixels = Painted(size);
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(size.width);
  png.height = static_cast<png_uint_32>(size.height);
  png.format = PNG_FORMAT_RGB;
  std::string file(pixels.size() * 2, '\0');
  png_alloc_size_t count = file.size();
  CHECK(png_image_write_to_memory(&png, file.data(), &count, 0, pixels.data(), 0, nullptr) != 0);
  file.resize(count);
  return file;
}

std::string AsWebp(ImageSize size) {
  const std::vector<uint8_t> pixels = Painted(size);
  uint8_t* bytes = nullptr;
  const auto width = static_cast<int>(size.width);
  const size_t count = WebPEncodeRGB(pixels.data(), width, static_cast<int>(size.height), width * 3, 80, &bytes);
  CHECK(count > 0);
  std::string file(reinterpret_cast<const char*>(bytes), count);
  WebPFree(bytes);
  return file;
}

using Encode = std::string (*)(ImageSize);

const std::string& File(Encode encode, ImageSize size) {
  static std::map<std::pair<Encode, int64_t>, std::string> files;
  std::string& file = files[{encode, size.width}];
  if (file.empty()) file = encode(size);
  return file;
}

void Decode(benchmark::State& state, Encode encode, ImageSize size, int reduction) {
  MemoryPool pool;
  const std::string& file = File(encode, size);
  DecodeOptions options;
  if (reduction > 1) options.wanted = {.width = size.width / reduction / 2, .height = size.height / reduction / 2};
  for (auto _ : state) {
    const Result<Image> image = DecodeImage(std::as_bytes(std::span(file)), options, pool);
    CHECK(image.ok() && image->size.width == size.width / reduction);
  }
  state.counters["file_kB"] = static_cast<double>(file.size()) / 1000;
}
BENCHMARK_CAPTURE(Decode, jpeg_500x375, AsJpeg, kSmall, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_2MP, AsJpeg, kMedium, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_2MP_half, AsJpeg, kMedium, 2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_12MP, AsJpeg, kLarge, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_12MP_quarter, AsJpeg, kLarge, 4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, png_2MP, AsPng, kMedium, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, webp_2MP, AsWebp, kMedium, 1)->Unit(benchmark::kMillisecond);

void AllSteps(benchmark::State& state, Encode encode, ImageSize size, bool in_full) {
  MemoryPool pool;
  const std::string& file = File(encode, size);
  ImageSteps steps = ImagenetSteps();
  steps.decode_in_full = in_full;
  std::vector<float> row(size_t{3} * 224 * 224);
  for (auto _ : state) {
    CHECK(ImageToRow(std::as_bytes(std::span(file)), steps, {}, std::as_writable_bytes(std::span(row)), pool).ok());
  }
}
BENCHMARK_CAPTURE(AllSteps, jpeg_500x375, AsJpeg, kSmall, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_2MP_full, AsJpeg, kMedium, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_2MP, AsJpeg, kMedium, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_12MP_full, AsJpeg, kLarge, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_12MP, AsJpeg, kLarge, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, png_2MP, AsPng, kMedium, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, webp_2MP, AsWebp, kMedium, false)->Unit(benchmark::kMillisecond);

void Steps(benchmark::State& state, ImageSize size) {
  MemoryPool pool;
  const std::vector<uint8_t> pixels = Painted(size);
  const ImageSteps steps = ImagenetSteps();
  std::vector<float> row(size_t{3} * 224 * 224);
  for (auto _ : state) {
    CHECK(PixelsToRow({.data = pixels.data(), .size = size}, steps, std::as_writable_bytes(std::span(row)), pool).ok());
  }
}
BENCHMARK_CAPTURE(Steps, 500x375, kSmall)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 960x540, (ImageSize{.width = 960, .height = 540}))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 2MP, kMedium)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 12MP, kLarge)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trireme::transform
