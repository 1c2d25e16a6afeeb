// SPDX-License-Identifier: Apache-2.0
#include "bench/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

TEST(MediaTypeTest, IsTheFirstBytesFirst) {
  EXPECT_EQ(MediaTypeOf("photo.png", "\xFF\xD8\xFF\xE0"), "image/jpeg");
  EXPECT_EQ(MediaTypeOf("numbers", "\x93NUMPY\x01"), "application/x-npy");
}

TEST(MediaTypeTest, IsTheNamesThen) {
  EXPECT_EQ(MediaTypeOf("folder/row.CSV", "1,2"), "text/csv");
  EXPECT_EQ(MediaTypeOf("said.txt", "[not JSON]"), "text/plain");
  EXPECT_EQ(MediaTypeOf("cut.jpg", ""), "image/jpeg");
}

TEST(MediaTypeTest, IsJsonByItsFirstLetter) {
  EXPECT_EQ(MediaTypeOf("body", " \n[[1]]"), "application/json");
  EXPECT_EQ(MediaTypeOf("body", "{}"), "application/json");
  EXPECT_EQ(MediaTypeOf("body", "hello"), "application/octet-stream");
  EXPECT_EQ(MediaTypeOf("body", " "), "application/octet-stream");
}

TEST(ReadInputFilesTest, KeepsTheirOrder) {
  const std::string one = testing::TempDir() + "/one.json", two = testing::TempDir() + "/two.csv";
  std::ofstream(one) << "[1]";
  std::ofstream(two) << "2";
  const auto files = ReadInputFiles({two, one, two});
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ(*(*files)[0].bytes + *(*files)[1].bytes, "2[1]");
  EXPECT_EQ((*files)[1].name(), "one.json");
}

TEST(ReadInputFilesTest, NamesTheOneThatCannotBeRead) {
  for (const char* path : {"/no/such/file", "/"}) {
    const Status status = ReadInputFiles({path}).status();
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_THAT(status.message(), HasSubstr(std::string("cannot read \"") + path + "\""));
  }
}

TEST(ReadInputFilesTest, RefusesTooMuchInAll) {
  const std::string five = testing::TempDir() + "/five";
  std::ofstream(five) << "12345";
  EXPECT_TRUE(ReadInputFiles({five, five}, 10).ok());
  EXPECT_EQ(ReadInputFiles({five, five}, 9).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(ReadInputFiles({"/dev/zero"}, 100'000).status().code(), StatusCode::kTooLarge);
}

}  // namespace
}  // namespace trireme::bench
