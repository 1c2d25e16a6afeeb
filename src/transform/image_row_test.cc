// SPDX-License-Identifier: Apache-2.0
#include "transform/image_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

using testing::HasSubstr;

class ImageRow : public testing::Test {
 protected:
  Status Make(const std::string& file, const ImageSteps& steps, std::span<std::byte> row) {
    return ImageToRow(std::as_bytes(std::span(file)), steps, {}, row, pool_);
  }

  MemoryPool pool_;
};

TEST_F(ImageRow, PutsPicturesOfABatchSideBySide) {
  const ImageSteps steps = ImagenetSteps();
  constexpr size_t kRow = size_t{3} * 224 * 224;
  std::vector<float> batch(2 * kRow);
  const auto bytes = std::as_writable_bytes(std::span(batch));
  ASSERT_TRUE(Make(PaintedPng({300, 400}), steps, bytes.first(kRow * sizeof(float))).ok());
  ASSERT_TRUE(Make(PaintedJpeg({400, 300}), steps, bytes.subspan(kRow * sizeof(float))).ok());

  // Pixels that somebody else decoded come out the same.
  const std::vector<uint8_t> pixels = PaintedPixels({300, 400});
  std::vector<float> row(kRow);
  ASSERT_TRUE(
      PixelsToRow({.data = pixels.data(), .size = {300, 400}}, steps, std::as_writable_bytes(std::span(row)), pool_)
          .ok());
  EXPECT_TRUE(std::equal(row.begin(), row.end(), batch.begin()));
}

TEST_F(ImageRow, IsNormalisedIn32Bits) {
  ImageSteps steps;
  steps.mean = {0.485F, 0.456F, 0.406F};
  steps.deviation = {0.229F, 0.224F, 0.225F};
  const std::vector<uint8_t> pixels = {0, 128, 255};
  std::vector<float> row(3);
  ASSERT_TRUE(
      PixelsToRow({.data = pixels.data(), .size = {1, 1}}, steps, std::as_writable_bytes(std::span(row)), pool_).ok());
  EXPECT_EQ(row[0], (0.0F - 0.485F) / 0.229F);
  EXPECT_EQ(row[1], (128.0F / 255.0F - 0.456F) / 0.224F);
  EXPECT_EQ(row[2], (1.0F - 0.406F) / 0.225F);
}

TEST_F(ImageRow, DiffersLittleWhereAJpegIsDecodedAtAPartOfItsSize) {
  ImageSteps steps = ImagenetSteps();
  steps.mean = steps.deviation = {};
  const std::string file = PaintedJpeg({1101, 1203});
  std::vector<float> part(size_t{3} * 224 * 224);
  std::vector<float> full(part.size());
  ASSERT_TRUE(Make(file, steps, std::as_writable_bytes(std::span(part))).ok());
  steps.decode_in_full = true;
  ASSERT_TRUE(Make(file, steps, std::as_writable_bytes(std::span(full))).ok());
  double sum = 0;
  for (size_t i = 0; i < full.size(); ++i) sum += std::fabs(full[i] - part[i]);
  EXPECT_GT(sum, 0);
  EXPECT_LT(sum / static_cast<double>(full.size()), 1.0 / 255);
}

TEST_F(ImageRow, HasTheSizeOfItsShape) {
  ImageSteps steps;
  std::vector<float> row(size_t{3} * 10 * 10);
  const Status status = Make(PaintedPng({10, 11}), steps, std::as_writable_bytes(std::span(row)));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              HasSubstr("becomes 1200 bytes, as the others of its batch, found one that becomes [3,11,10]"));
}

TEST_F(ImageRow, TakesTensorsOfPixels) {
  Tensor tensor = MakeTensor(pool_, DataType::kUint8, {1, 20, 30, 3});
  const auto pixels = PixelsOf(tensor);
  ASSERT_TRUE(pixels.ok()) << pixels.status();
  EXPECT_EQ(pixels->size, (ImageSize{30, 20}));
  EXPECT_EQ(PixelsOf(MakeTensor(pool_, DataType::kUint8, {3, 20, 30})).status().message(),
            "expected pixels as UINT8 of [height,width,3], found UINT8 of [3,20,30]");
  EXPECT_FALSE(PixelsOf(MakeTensor(pool_, DataType::kFp32, {20, 30, 3})).ok());
  EXPECT_FALSE(PixelsOf(MakeTensor(pool_, DataType::kUint8, {2, 20, 30, 3})).ok());
  EXPECT_FALSE(PixelsOf(MakeTensor(pool_, DataType::kUint8, {0, 30, 3})).ok());
}

TEST_F(ImageRow, OfSmallPicturesStaysWithinItsBounds) {
  for (const int64_t side : {1, 2, 3, 4, 5}) {
    ImageSteps steps = ImagenetSteps();
    steps.filter = side % 2 == 0 ? Filter::kBilinear : Filter::kBicubic;
    std::vector<float> row(size_t{3} * 224 * 224);
    EXPECT_TRUE(Make(PaintedPng({side, 6 - side}), steps, std::as_writable_bytes(std::span(row))).ok());
  }
}

}  // namespace
}  // namespace trireme::transform
