// SPDX-License-Identifier: Apache-2.0
#include "codec/picture_kind.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

using namespace std::string_view_literals;

TEST(PictureKindTest, IsToldByTheFirstBytes) {
  EXPECT_EQ(PictureKindOf("\xFF\xD8\xFF\xE0 and so on"), PictureKind::kJpeg);
  EXPECT_EQ(PictureKindOf("\x89PNG\r\n\x1A\n\0\0\0\rIHDR"sv), PictureKind::kPng);
  EXPECT_EQ(PictureKindOf("RIFF\x24\0\0\0WEBPVP8 "sv), PictureKind::kWebp);
}

TEST(PictureKindTest, OtherFilesAndCutOnesAreNone) {
  for (const std::string_view bytes :
       {""sv, "\xFF\xD8"sv, "\x89PNG\r\n"sv, "\x89PNG\n\x1A\n----"sv, "RIFF"sv, "RIFFWEBP"sv, "RIFF\0\0\0\0WEB"sv,
        "RIFF\0\0\0\0WAVEfmt "sv, "GIF89a"sv, "[[1, 2]]"sv}) {
    EXPECT_EQ(PictureKindOf(bytes), std::nullopt) << bytes;
  }
}

TEST(PictureKindTest, HasANameAndAMediaType) {
  EXPECT_EQ(Name(PictureKind::kWebp), "WebP");
  EXPECT_EQ(MediaType(PictureKind::kJpeg), "image/jpeg");
}

}  // namespace
}  // namespace trireme
