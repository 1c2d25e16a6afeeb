// SPDX-License-Identifier: Apache-2.0
#include "transform/image_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "transform/testing/make_image.h"

namespace trireme::transform {
namespace {

using testing::HasSubstr;

Result<ImageHead> Read(std::string_view text) {
  return ReadImageHead(std::as_bytes(std::span(text)));
}

TEST(ImageHead, SaysFormatAndSize) {
  for (const auto& [file, format] :
       {std::pair(PaintedJpeg({30, 20}), PictureKind::kJpeg), std::pair(PaintedPng({30, 20}), PictureKind::kPng),
        std::pair(PaintedWebp({30, 20}), PictureKind::kWebp)}) {
    const auto head = Read(file);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->format, format);
    EXPECT_EQ(head->size, (ImageSize{30, 20}));
    EXPECT_EQ(head->colour, ColourKind::kColour);
    EXPECT_EQ(head->bits, 8);
    EXPECT_FALSE(head->animated);
  }
}

TEST(ImageHead, SaysWhetherAJpegComesInSeveralScans) {
  const std::string baseline = PaintedJpeg({30, 20});
  EXPECT_FALSE(Read(baseline)->has_several_scans);
  EXPECT_TRUE(Read(PaintedJpeg({30, 20}, {.coding = JpegCoding::kProgressive}))->has_several_scans);
  std::string one_each = baseline;
  one_each[one_each.find("\xff\xda") + 4] = 1;  // component in its first scan
  EXPECT_TRUE(Read(one_each)->has_several_scans);
  EXPECT_TRUE(Read(baseline.substr(0, baseline.find("\xff\xda")))->has_several_scans) << "nobody knows";
}

TEST(ImageHead, SaysWhatCameInstead) {
  for (const auto& [bytes, found] :
       {std::pair("GIF89a....", "found a GIF image (10 bytes)"), std::pair("BM123456", "found a BMP image"),
        std::pair("/9j/4AAQ", "found text that looks like a JPEG image in Base64"),
        std::pair("{\"a\": 1}", "found what looks like JSON"), std::pair("", "found nothing"),
        std::pair("\x01\x02z", "found bytes that begin with 01 02 7a (3 bytes)")}) {
    const auto head = Read(bytes);
    ASSERT_FALSE(head.ok());
    EXPECT_EQ(head.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(head.status().message(), HasSubstr("expected bytes of a JPEG, PNG or WebP image, "));
    EXPECT_THAT(head.status().message(), HasSubstr(found));
  }
}

// Of a JPEG too few bytes for the frame, of the others too few for their fixed heads.
TEST(ImageHead, IsTruncatedWhereverItEnds) {
  for (const auto& [file, whole] :
       {std::pair(PaintedJpeg({30, 20}), size_t{170}), std::pair(PaintedPng({30, 20}), size_t{33}),
        std::pair(PaintedWebp({30, 20}), size_t{30})}) {
    EXPECT_TRUE(Read(file).ok());
    for (size_t count = 12; count < whole; ++count) {
      // From a copy of just so many bytes: a sanitizer sees who reads further.
      const std::string cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(count));
      const auto head = Read(cut);
      if (head.ok()) continue;  // a JPEG's frame may come earlier
      EXPECT_THAT(head.status().message(), HasSubstr("truncated")) << count;
    }
  }
}

TEST(ImageHead, RefusesASideOfNothing) {
  std::string png = PaintedPng({30, 20});
  png[19] = 0;
  EXPECT_THAT(Read(png).status().message(), HasSubstr("a picture of 0x20 pixels"));
}

}  // namespace
}  // namespace trireme::transform
