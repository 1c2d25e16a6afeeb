// SPDX-License-Identifier: Apache-2.0
#include "repository/digest_book.h"

#include <gtest/gtest.h>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

TEST(DigestBook, KnowsWhatAFileHoldsNow) {
  const TempDir dir;
  DigestBook book;
  EXPECT_EQ(*book.DigestOf(dir.Write("a", "1")), Sha256("1"));
  EXPECT_EQ(*book.DigestOf(dir.Write("a", "2")), Sha256("2"));
  const fs::path link = dir / "link";
  fs::create_symlink("a", link);
  EXPECT_EQ(*book.DigestOf(link), Sha256("2"));
  fs::remove(dir / "a");
  EXPECT_EQ(book.DigestOf(link).status().code(), StatusCode::kNotFound);
}

TEST(DigestBook, NoticesAFileThatTookThePlaceOfAnotherOfTheSameSizeAndTime) {
  const TempDir dir;
  DigestBook book;
  const fs::path file = dir.Write("a", "1");
  const auto time = fs::last_write_time(file);
  EXPECT_EQ(*book.DigestOf(file), Sha256("1"));
  dir.Write("a", "2");
  fs::last_write_time(file, time);
  EXPECT_EQ(*book.DigestOf(file), Sha256("2"));
}

TEST(DigestBook, EndsWhenItIsStopped) {
  const TempDir dir;
  DigestBook book;
  book.Stop();
  EXPECT_EQ(book.DigestOf(dir.Write("a", "1")).status().code(), StatusCode::kCancelled);
}

TEST(DigestBook, ReadsAFileOnce) {
  DigestBook book;
  const fs::path self = fs::read_symlink("/proc/self/exe");  // has not changed in this moment
  const auto first = book.DigestOf(self);
  ASSERT_TRUE(first.ok()) << first.status();
  book.Stop();
  EXPECT_EQ(*book.DigestOf(self), *first);
}

}  // namespace
}  // namespace trireme
