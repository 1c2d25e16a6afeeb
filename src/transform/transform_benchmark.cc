// SPDX-License-Identifier: Apache-2.0
// A classifier's picture (256, 224 x 224, normalised) from JPEGs of three sizes and from a PNG and a WebP: decoding
// alone, and all steps, in full and at the part of the size that suffices.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "transform/image_row.h"
#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

constexpr ImageSize kSmall{.width = 500, .height = 375};
constexpr ImageSize kMedium{.width = 1920, .height = 1080};
constexpr ImageSize kLarge{.width = 4000, .height = 3000};

std::string AsJpeg(ImageSize size) {
  return PaintedJpeg(size, {.quality = 85});
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
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const Result<Image> image = DecodeImage(std::as_bytes(std::span(file)), options, pool);
    CHECK(image.ok() && image->extent.size.width == size.width / reduction);
  }
  state.counters["file_kB"] = static_cast<double>(file.size()) / 1000;
}
BENCHMARK_CAPTURE(Decode, jpeg_500x375, AsJpeg, kSmall, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_2MP, AsJpeg, kMedium, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_2MP_half, AsJpeg, kMedium, 2)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_12MP, AsJpeg, kLarge, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, jpeg_12MP_quarter, AsJpeg, kLarge, 4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, png_2MP, PaintedPng, kMedium, 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Decode, webp_2MP, PaintedWebp, kMedium, 1)->Unit(benchmark::kMillisecond);

void AllSteps(benchmark::State& state, Encode encode, ImageSize size, bool in_full) {
  MemoryPool pool;
  const std::string& file = File(encode, size);
  ImageSteps steps = ImagenetSteps();
  steps.decode_in_full = in_full;
  std::vector<float> row(size_t{3} * 224 * 224);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    CHECK(ImageToRow(std::as_bytes(std::span(file)), steps, {}, std::as_writable_bytes(std::span(row)), pool).ok());
  }
}
BENCHMARK_CAPTURE(AllSteps, jpeg_500x375, AsJpeg, kSmall, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_2MP_full, AsJpeg, kMedium, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_2MP, AsJpeg, kMedium, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_12MP_full, AsJpeg, kLarge, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, jpeg_12MP, AsJpeg, kLarge, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, png_2MP, PaintedPng, kMedium, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(AllSteps, webp_2MP, PaintedWebp, kMedium, false)->Unit(benchmark::kMillisecond);

void Steps(benchmark::State& state, ImageSize size) {
  MemoryPool pool;
  const std::vector<uint8_t> pixels = PaintedPixels(size);
  const ImageSteps steps = ImagenetSteps();
  std::vector<float> row(size_t{3} * 224 * 224);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    CHECK(PixelsToRow({.data = pixels.data(), .size = size}, steps, std::as_writable_bytes(std::span(row)), pool).ok());
  }
}
BENCHMARK_CAPTURE(Steps, 500x375, kSmall)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 960x540, (ImageSize{.width = 960, .height = 540}))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 2MP, kMedium)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Steps, 12MP, kLarge)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace trireme::transform
