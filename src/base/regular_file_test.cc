// SPDX-License-Identifier: Apache-2.0
#include "base/regular_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using testing::HasSubstr;

TEST(RegularFile, ReadsWhatTheFileHas) {
  const TempDir folder;
  const auto file = RegularFile::Open(folder.Write("a", std::string(10'000, 'a') + "end"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 10'003U);
  std::string text(4, '\0');
  EXPECT_TRUE(file->Read(9'999, text).ok());
  EXPECT_EQ(text, "aend");
}

TEST(RegularFile, ReadsAllUpToABound) {
  const TempDir folder;
  const auto file = RegularFile::Open(folder.Write("a", "all of it"));
  ASSERT_TRUE(file.ok()) << file.status();
  const Result<std::string> all = file->ReadAll(9);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(*all, "all of it");
  EXPECT_EQ(file->ReadAll(8).status().code(), StatusCode::kTooLarge);
}

TEST(RegularFile, SaysWhatIsNoFile) {
  const TempDir folder;
  EXPECT_EQ(RegularFile::Open(folder / "missing").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(RegularFile::Open(folder.path()).status().code(), StatusCode::kInvalidArgument);
}

TEST(RegularFile, DoesNotWaitForAPipe) {
  const TempDir folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(RegularFile::Open(folder / "pipe").status().message(), HasSubstr("is not a file"));
}

TEST(RegularFile, CallsAFileThatShrinksAnError) {
  const TempDir folder;
  const auto path = folder.Write("a", std::string(100'000, 'a'));
  const auto file = RegularFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  std::filesystem::resize_file(path, 10);
  std::string text(20, '\0');
  EXPECT_THAT(file->Read(50'000, text).message(), HasSubstr("became shorter"));
  EXPECT_THAT(file->Read(0, text).message(), HasSubstr("became shorter"));
}

}  // namespace
}  // namespace trireme
