// SPDX-License-Identifier: Apache-2.0
#include "repository/file_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

TEST(ReadFileContents, ReadsAFileAsLongAsItMayBe) {
  const TempDir dir;
  EXPECT_EQ(*ReadFileContents(dir.Write("a", "1234"), 4), "1234");
  EXPECT_EQ(*ReadFileContents(dir.Write("empty"), 4), "");
  EXPECT_EQ(ReadFileContents(dir.Write("b", "12345"), 4).status().code(), StatusCode::kTooLarge);
  EXPECT_EQ(*ReadFileBeginning(dir / "b", 4), "1234");
  EXPECT_EQ(*ReadFileBeginning(dir / "a", 400), "1234");
}

TEST(ReadFileContents, ReadsNothingButFiles) {
  const TempDir dir;
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", dir / "link");
  for (const char* name : {"pipe", "link", ".", "nothing"}) {
    EXPECT_EQ(ReadFileContents(dir / name, 4).status().code(), StatusCode::kNotFound) << name;
    EXPECT_EQ(ReadFileBeginning(dir / name, 4).status().code(), StatusCode::kNotFound) << name;
  }
}

TEST(ReadFileContents, SaysWhatThereIsInsteadOfAFile) {
  const TempDir dir;
  EXPECT_EQ(ReadFileContents(dir / "none", 4).status().message(), "no such file");
  EXPECT_EQ(ReadFileContents(dir.path(), 4).status().message(), "a folder");
  EXPECT_EQ(FindInside(dir.path(), dir.path(), "none").status().message(), "no such file");
}

TEST(ReadNamedFile, SaysWhichFileAndWhatWasExpected) {
  const TempDir dir;
  const std::string none = (dir / "none").string();
  EXPECT_EQ(ReadNamedFile(none, 4).status().message(),
            none + ": expected a file of at most 4 bytes, found no such file");
  const std::string long_one = dir.Write("long", "12345").string();
  EXPECT_EQ(ReadNamedFile(long_one, 4).status().message(),
            long_one + ": expected a file of at most 4 bytes, found a file of more than 4 bytes");
  EXPECT_EQ(*ReadNamedFile(dir.Write("a", "1234"), 4), "1234");
}

// Whoever opened the pipe as one opens a file would wait for ever.
TEST(ReadFileContents, DoesNotWaitForAPipeThatTakesTheFilesPlace) {
  const TempDir dir;
  dir.Write("a", "1234");
  ASSERT_EQ(mkfifo((dir / "b").c_str(), 0600), 0);
  std::atomic<bool> done = false;  // ends the other thread; orders nothing
  std::thread swaps([&] {
    while (!done) {
      fs::rename(dir / "a", dir / "c");
      fs::rename(dir / "b", dir / "a");
      fs::rename(dir / "c", dir / "b");
    }
  });
  for (int i = 0; i < 2000; ++i) {
    const Result<std::string> read = ReadFileContents(dir / "a", 4);
    EXPECT_EQ(read.ok() ? *read : "1234", "1234");
  }
  done = true;
  swaps.join();
}

}  // namespace
}  // namespace trireme
