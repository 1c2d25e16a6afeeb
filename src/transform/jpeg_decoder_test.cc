// SPDX-License-Identifier: Apache-2.0
// A part of a picture against the same of the whole, and what is said of damage outside of it. The whole is compared
// with Pillow in tests/images.
#include "transform/jpeg_decoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

class JpegPart : public testing::Test {
 protected:
  Result<Image> Decode(const std::string& file, const JpegWish& wish) {
    return DecodeJpeg(std::as_bytes(std::span(file)), wish, pool_);
  }

  // Decodes parts of the picture in sizes down to an eighth. Returns how many pixels there were that nobody needed.
  int64_t CheckParts(const std::string& file, ImageSize size, int parts) {
    int64_t left_out = 0;
    for (const int reduction : {1, 2, 4, 8}) {
      const ImageSize wanted{.width = size.width / reduction / 2, .height = size.height / reduction / 2};
      const auto whole = Decode(file, {.size = size, .wanted = wanted, .needed = {.size = size}});
      EXPECT_TRUE(whole.ok()) << whole.status();
      if (!whole.ok()) return 0;
      EXPECT_EQ(whole->extent.part, Region{.size = whole->extent.size});
      EXPECT_EQ(whole->extent.size.width, (size.width + reduction - 1) / reduction);
      for (int i = 0; i < parts; ++i) left_out += CheckPart(file, {size, wanted, SomePart(size)}, *whole, reduction);
    }
    return left_out;
  }

  MemoryPool pool_;

 private:
  int64_t CheckPart(const std::string& file, const JpegWish& wish, const Image& whole, int64_t reduction) {
    const auto image = Decode(file, wish);
    EXPECT_TRUE(image.ok()) << image.status();
    if (!image.ok()) return 0;
    const Extent& extent = image->extent;
    EXPECT_EQ(extent.size, whole.extent.size);
    EXPECT_EQ(extent.filled_width, whole.extent.filled_width);
    const Region needed{.left = wish.needed.left / reduction, .top = wish.needed.top / reduction};
    EXPECT_LE(extent.part.left, needed.left);
    EXPECT_LE(extent.part.top, needed.top);
    EXPECT_GE(extent.part.right() * reduction, wish.needed.right());
    EXPECT_GE(extent.part.bottom() * reduction, wish.needed.bottom());
    const int64_t right = (wish.needed.right() + reduction - 1) / reduction;
    const int64_t bottom = (wish.needed.bottom() + reduction - 1) / reduction;
    for (int64_t y = needed.top; y < bottom; ++y) {
      const uint8_t* found = image->pixels().row(y - extent.part.top) + (needed.left - extent.part.left) * kChannels;
      const uint8_t* expected = whole.pixels().row(y) + needed.left * kChannels;
      const int difference = std::memcmp(found, expected, static_cast<size_t>((right - needed.left) * kChannels));
      EXPECT_EQ(difference, 0) << "row " << y << " of " << needed.top << " to " << bottom << ", columns " << needed.left
                               << " to " << right << ", 1/" << reduction;
      if (difference != 0) break;
    }
    return whole.extent.size.width * whole.extent.size.height - extent.part.size.width * extent.part.size.height;
  }

  Region SomePart(ImageSize size) {
    const auto [left, width] = SomeOf(size.width);
    const auto [top, height] = SomeOf(size.height);
    return {.left = left, .top = top, .size = {.width = width, .height = height}};
  }

  std::pair<int64_t, int64_t> SomeOf(int64_t side) {
    const auto begin = std::uniform_int_distribution<int64_t>(0, side - 1)(random_);
    return {begin, std::uniform_int_distribution<int64_t>(1, side - begin)(random_)};
  }

  std::mt19937 random_{1};
};

constexpr int kParts = 12;

TEST_F(JpegPart, IsAsInTheWholeWithEverySampling) {
  for (const JpegCoding coding : {JpegCoding::kBaseline, JpegCoding::kProgressive, JpegCoding::kArithmetic}) {
    for (const int across : {1, 2, 4}) {
      for (const int down : {1, 2, 4}) {
        if (across * down > 8) continue;  // a file has at most ten blocks of all components side by side
        for (const ImageSize size : {ImageSize{131, 150}, ImageSize{97, 49}, ImageSize{17, 200}, ImageSize{80, 64}}) {
          SCOPED_TRACE(testing::Message() << size.width << "x" << size.height << " sampled " << across << "x" << down
                                          << (coding == JpegCoding::kProgressive ? ", progressive" : ""));
          const std::string file = PaintedJpeg(size, {.coding = coding, .across = across, .down = down});
          const int64_t left_out = CheckParts(file, size, kParts);
          if (across <= 2 && down <= 2) {
            EXPECT_GT(left_out, 0);
          }
        }
      }
    }
  }
}

TEST_F(JpegPart, IsAsInTheWholeInEveryColour) {
  constexpr ImageSize kSize{131, 150};
  for (const JpegColours colours : {JpegColours::kGrey, JpegColours::kInks}) {
    for (const int across : {1, 2}) {
      for (const int down : {1, 2}) {
        SCOPED_TRACE(testing::Message() << (colours == JpegColours::kGrey ? "grey " : "inks ") << across << "x"
                                        << down);
        const JpegStyle style{.colours = colours, .across = across, .down = down};
        EXPECT_GT(CheckParts(PaintedJpeg(kSize, style), kSize, kParts), 0);
      }
    }
  }
}

TEST_F(JpegPart, IsAsInTheWholeWithRestarts) {
  constexpr ImageSize kSize{131, 150};
  for (const unsigned interval : {1U, 3U, 9U, 40U}) {
    EXPECT_GT(CheckParts(PaintedJpeg(kSize, {.restart_interval = interval}), kSize, kParts), 0);
  }
}

// Blocks whose coefficients are known in part are smoothed over by two neighbours on each side.
TEST_F(JpegPart, IsAsInTheWholeWhereScansAreLeftOut) {
  constexpr ImageSize kSize{131, 150};
  for (const int sampling : {1, 2}) {
    const std::string file =
        PaintedJpeg(kSize, {.coding = JpegCoding::kProgressive, .across = sampling, .down = sampling});
    int scans = 0;
    for (size_t at = file.find("\xff\xda"); at != std::string::npos; at = file.find("\xff\xda", at + 2)) {
      if (++scans == 1) continue;
      SCOPED_TRACE(testing::Message() << scans - 1 << " scans");
      EXPECT_GT(CheckParts(file.substr(0, at) + "\xff\xd9", kSize, kParts), 0);
    }
    EXPECT_GT(scans, 5);
  }
}

// Whatever is wrong with a file, and wherever: the same is said whether that part is needed or not.
TEST_F(JpegPart, IsRefusedWhereTheWholeIs) {
  constexpr ImageSize kSize{160, 144};
  constexpr Region kMiddle{.left = 64, .top = 48, .size = {.width = 16, .height = 16}};
  int refused = 0;
  const auto check = [&](const std::string& file, ImageSize wanted) {
    const auto whole = Decode(file, {.size = kSize, .wanted = wanted, .needed = {.size = kSize}});
    const auto part = Decode(file, {.size = kSize, .wanted = wanted, .needed = kMiddle});
    EXPECT_EQ(part.status().code(), whole.status().code());
    EXPECT_EQ(part.status().message(), whole.status().message());
    refused += whole.ok() ? 0 : 1;
  };
  for (const JpegCoding coding : {JpegCoding::kBaseline, JpegCoding::kProgressive, JpegCoding::kArithmetic}) {
    for (const unsigned interval : {0U, 4U}) {
      const std::string file = PaintedJpeg(kSize, {.coding = coding, .restart_interval = interval});
      for (size_t at = 300; at < file.size(); at += 37) {
        check(file.substr(0, at), {});
        check(file.substr(0, at) + "\xff\xd9", {40, 36});
        std::string damaged = file;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x5A);
        check(damaged, {});
        check(damaged, {40, 36});
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

// A last scan that comes again changes nothing, but is a pass over the picture.
std::string WithScans(ImageSize size, int scans) {
  const std::string file =
      PaintedJpeg(size, {.quality = 1, .coding = JpegCoding::kProgressive, .colours = JpegColours::kGrey});
  const size_t last = file.rfind("\xff\xda");
  const std::string scan = file.substr(last, file.size() - 2 - last);
  int had = 0;
  for (size_t at = file.find("\xff\xda"); at != std::string::npos; at = file.find("\xff\xda", at + 2)) ++had;
  std::string with = file.substr(0, file.size() - 2);
  for (; had < scans; ++had) with += scan;
  return with + "\xff\xd9";
}

TEST_F(JpegPart, HasAsManyScansAsItsPixelsAllow) {
  const auto check = [&](ImageSize size, int most) {
    SCOPED_TRACE(size.width);
    const JpegWish wish{.size = size, .wanted = {}, .needed = {.size = {.width = 8, .height = 8}}};
    EXPECT_TRUE(Decode(WithScans(size, most), wish).ok());
    EXPECT_EQ(Decode(WithScans(size, most + 1), wish).status().message(),
              "expected a JPEG image, found one that is damaged: more than " + std::to_string(most) + " scans of " +
                  std::to_string(size.width) + "x" + std::to_string(size.height) + " pixels");
  };
  check({64, 64}, 100);
  check({6000, 5000}, 20);
}

}  // namespace
}  // namespace trireme::transform
