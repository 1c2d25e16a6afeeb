// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/media_type.h"

#include <gtest/gtest.h>

namespace trireme::sagemaker {
namespace {

TEST(FormatOfBody, KnowsTheTypesThatAreSent) {
  EXPECT_EQ(FormatOfBody("application/json"), Format::kJson);
  EXPECT_EQ(FormatOfBody("Application/JSON; charset=utf-8"), Format::kJson);
  EXPECT_EQ(FormatOfBody(""), Format::kJson);
  EXPECT_EQ(FormatOfBody("application/octet-stream"), Format::kJson);
  EXPECT_EQ(FormatOfBody("application/x-www-form-urlencoded"), Format::kJson);
  EXPECT_EQ(FormatOfBody("text/csv; label_size=0"), Format::kCsv);
  EXPECT_EQ(FormatOfBody("application/x-npy"), Format::kNpy);
  EXPECT_EQ(FormatOfBody("text/libsvm"), Format::kLibsvm);
  EXPECT_EQ(FormatOfBody("text/x-libsvm; charset=utf-8"), Format::kLibsvm);
  EXPECT_EQ(FormatOfAnswer("text/libsvm", Format::kJson), std::nullopt);
  for (const char* picture : {"image/jpeg", "image/png", "image/webp", "application/x-image"}) {
    EXPECT_EQ(FormatOfBody(picture), Format::kPicture) << picture;
    EXPECT_EQ(FormatOfAnswer(picture, Format::kJson), std::nullopt) << picture;
  }
  for (const char* other : {"application/x-npz", "application/jsonlines", "image/gif", "text", "application/jsonx"}) {
    EXPECT_EQ(FormatOfBody(other), std::nullopt) << other;
  }
}

TEST(FormatOfAnswer, TakesTheFirstThatItKnows) {
  EXPECT_EQ(FormatOfAnswer("", Format::kCsv), Format::kCsv);
  EXPECT_EQ(FormatOfAnswer("*/*", Format::kCsv), Format::kCsv);
  EXPECT_EQ(FormatOfAnswer("text/csv", Format::kJson), Format::kCsv);
  EXPECT_EQ(FormatOfAnswer("image/png, application/x-npy;q=0.5", Format::kJson), Format::kNpy);
  EXPECT_EQ(FormatOfAnswer("application/*", Format::kJson), Format::kJson);
  EXPECT_EQ(FormatOfAnswer("image/png", Format::kJson), std::nullopt);
  EXPECT_EQ(FormatOfAnswer(",,", Format::kJson), std::nullopt);
}

}  // namespace
}  // namespace trireme::sagemaker
