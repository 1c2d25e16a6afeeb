// SPDX-License-Identifier: Apache-2.0
// What pictures of every kind become is compared with Pillow in tests/images; here are sizes, limits and failures.
#include "transform/decode_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "transform/jpeg_decoder.h"
#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

using testing::HasSubstr;

Result<Image> Decode(const std::string& file, const DecodeOptions& options = {}) {
  static MemoryPool pool;
  return DecodeImage(std::as_bytes(std::span(file)), options, pool);
}

std::vector<uint8_t> Bytes(const Pixels& pixels) {
  return {pixels.data, pixels.data + pixels.bytes()};
}

TEST(DecodeImage, GivesBackWhatALosslessFileKeeps) {
  constexpr ImageSize kSize{37, 21};
  for (const std::string& file : {PaintedPng(kSize), PaintedWebp(kSize)}) {
    const auto image = Decode(file);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->extent.size, kSize);
    EXPECT_EQ(Bytes(image->pixels()), PaintedPixels(kSize));
  }
}

TEST(DecodeImage, IsTheLeastPartThatLeavesTwiceTheWish) {
  EXPECT_EQ(JpegReduction({4000, 3000}, {341, 256}), 4);
  EXPECT_EQ(JpegReduction({4096, 4096}, {256, 256}), 8);
  EXPECT_EQ(JpegReduction({4095, 4096}, {256, 256}), 4);
  EXPECT_EQ(JpegReduction({1920, 1080}, {455, 256}), 2);
  EXPECT_EQ(JpegReduction({1000, 1000}, {256, 256}), 1);
  EXPECT_EQ(JpegReduction({9000, 100}, {9, 100}), 1);
  EXPECT_EQ(JpegReduction({4000, 3000}, {}), 1);
}

TEST(DecodeImage, CountsThePartOfAPixelThatIsLeftOver) {
  const auto image = Decode(PaintedJpeg({101, 83}), {.wanted = {10, 10}});
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->extent.size, (ImageSize{26, 21}));
  EXPECT_EQ(image->extent.filled_width, 25.25);
  EXPECT_EQ(image->extent.filled_height, 20.75);
}

TEST(DecodeImage, NamesTheLimit) {
  const std::string file = PaintedPng({30, 20});
  const auto message = [&](const DecodeLimits& limits) {
    const auto image = Decode(file, {.limits = limits});
    EXPECT_EQ(image.status().code(), StatusCode::kTooLarge);
    return image.status().message();
  };
  EXPECT_THAT(message({.max_bytes = 10}), HasSubstr("at most 10 bytes, found one of " + std::to_string(file.size())));
  EXPECT_THAT(message({.max_pixels = 599}), HasSubstr("at most 599 pixels, found one of 30x20"));
  EXPECT_THAT(message({.max_side = 29}), HasSubstr("at most 29 pixels a side, found one of 30x20"));
  EXPECT_TRUE(Decode(file, {.limits = {.max_bytes = file.size(), .max_pixels = 600, .max_side = 30}}).ok());
}

TEST(DecodeImage, IsNeverHalfAPicture) {
  for (const std::string& file : {PaintedJpeg({64, 64}), PaintedPng({64, 64}), PaintedWebp({64, 64})}) {
    const bool is_png = file[1] == 'P';
    // A PNG ends with IEND and a checksum, which nobody needs.
    for (size_t count = 0; count < file.size() - (is_png ? 20 : 0); count += 1 + count / 50) {
      const auto image = Decode(file.substr(0, count));
      ASSERT_FALSE(image.ok()) << count << " of " << file.size();
      EXPECT_EQ(image.status().code(), StatusCode::kInvalidArgument);
      if (count > 500) {
        EXPECT_THAT(image.status().message(), HasSubstr("truncated"));
      }
    }
  }
}

// Arithmetic codes are so dense that much of what is damaged is a code as well; what is none must not be passed over.
TEST(DecodeImage, SeesDamageInArithmeticCodes) {
  const std::string whole = PaintedJpeg({256, 256}, {.coding = JpegCoding::kArithmetic});
  ASSERT_TRUE(Decode(whole).ok());
  int seen = 0;
  for (size_t at = 400; at < whole.size() - 100; at += 100) {
    std::string damaged = whole;
    for (size_t i = at; i < at + 20; ++i) damaged[i] = static_cast<char>((damaged[i] ^ 0x55) & 0x7F);
    const auto image = Decode(damaged);
    if (image.ok()) continue;
    EXPECT_EQ(image.status().code(), StatusCode::kInvalidArgument);
    seen += image.status().message().find("bad arithmetic code") == std::string::npos ? 0 : 1;
  }
  EXPECT_GT(seen, 5);
}

TEST(DecodeImage, MakesNoLargeCanvasForASmallPicture) {
  EXPECT_TRUE(Decode(PaintedAnimation({1024, 1024}, {2, 2})).ok()) << "a small canvas costs nothing";
  EXPECT_TRUE(Decode(PaintedAnimation({2048, 2048}, {256, 256})).ok());
  const auto image = Decode(PaintedAnimation({9459, 9459}, {1, 1}));
  EXPECT_EQ(image.status().code(), StatusCode::kTooLarge);
  EXPECT_THAT(image.status().message(), HasSubstr("at least a 64th of its canvas, found one of 1x1 on 9459x9459"));
}

// To make out all that a file has behind its rows may take longer than the largest picture does.
TEST(DecodeImage, ReadsNoPngFarBeyondItsRows) {
  constexpr ImageSize kSize{10, 10};
  const auto little = Decode(PngWithRowsBehindItsEnd(kSize, 100));
  ASSERT_TRUE(little.ok()) << little.status();
  EXPECT_EQ(Bytes(little->pixels()), PaintedPixels(kSize));
  const auto much = Decode(PngWithRowsBehindItsEnd(kSize, 50'000));
  EXPECT_EQ(much.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(much.status().message(), HasSubstr("more data than its pixels take"));
}

TEST(DecodeImage, SaysHowMuchMemoryItTakes) {
  constexpr size_t kMiB = size_t{1} << 20;
  const auto bytes = [](const std::string& file, ImageSize wanted = {}) {
    return DecodingBytes(*ReadImageHead(std::as_bytes(std::span(file))), wanted);
  };
  const size_t photo = bytes(PaintedJpeg({1024, 1024}));
  EXPECT_GE(photo, 3 * kMiB);
  EXPECT_LT(photo, 5 * kMiB);
  EXPECT_LT(bytes(PaintedJpeg({1024, 1024}), {128, 128}), 2 * kMiB) << "of a quarter a sixteenth";
  EXPECT_GE(bytes(PaintedJpeg({1024, 1024}, {.coding = JpegCoding::kProgressive})), 9 * kMiB)
      << "with all its coefficients";
  EXPECT_GE(bytes(PaintedWebp({1024, 1024})), 7 * kMiB);
}

// A file that the client sent, whatever the server could have read: each protocol calls it a client's fault.
TEST(DecodeImage, RefusesAJpegOfAnotherKind) {
  constexpr size_t kBits = 4;
  constexpr char kLossless = '\xc3';
  const std::string jpeg = PaintedJpeg({64, 64});
  const size_t frame = jpeg.find("\xff\xc0");
  std::string deep = jpeg;
  deep[frame + kBits] = 12;
  std::string lossless = jpeg;
  lossless[frame + 1] = kLossless;
  for (const std::string& file : {deep, lossless}) {
    const auto image = Decode(file);
    EXPECT_EQ(image.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(image.status().message(), HasSubstr("of a kind that is not read"));
  }
}

TEST(DecodeImage, DoesNotBelieveAnotherSize) {
  std::string jpeg = PaintedJpeg({64, 64});
  const size_t frame = jpeg.find("\xff\xc0");
  jpeg[frame + 5] = 1;  // 256 rows more
  const auto image = Decode(jpeg);
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::transform
