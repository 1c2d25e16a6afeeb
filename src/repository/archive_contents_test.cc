// SPDX-License-Identifier: Apache-2.0
#include "repository/archive_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/testing/temp_dir.h"
#include "repository/testing/make_archive.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class ArchiveContentsTest : public testing::TestWithParam<ArchiveForm> {
 protected:
  fs::path Make(const std::vector<ArchivedEntry>& entries) {
    MakeArchive(folder_ / "a.mar", GetParam(), entries);
    return folder_ / "a.mar";
  }

  TempDir folder_;
};

TEST_P(ArchiveContentsTest, AreNamesAndWhatIsSmall) {
  const auto contents =
      ReadArchiveContents(Make({{"b/large", std::string(11, 'l')}, {"a", "small"}, {"c", ""}}), {.bytes = 10});
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_THAT(contents->files, ElementsAre("a", "b/large", "c"));
  EXPECT_THAT(contents->small, ElementsAre(Pair("a", "small"), Pair("c", "")));
  EXPECT_TRUE(contents->Has("b/large"));
  EXPECT_FALSE(contents->Has("b"));
}

TEST_P(ArchiveContentsTest, KeepNoMoreThanTheyMay) {
  const auto contents = ReadArchiveContents(Make({{"a", "12345"}, {"b", "12345"}, {"c", "1"}}), {.bytes_of_all = 6});
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_THAT(contents->small, ElementsAre(Pair("a", "12345"), Pair("c", "1")));
}

TEST_P(ArchiveContentsTest, AreNotThoseOfABrokenArchive) {
  EXPECT_THAT(ReadArchiveContents(Make({{"a", "1"}, {"../b", "2"}})).status().message(),
              testing::AllOf(HasSubstr("a.mar"), HasSubstr("../b")));
  EXPECT_EQ(ReadArchiveContents(Make({{"a", "1"}, {"b", "2"}}), {}, {.entries = 1}).status().code(),
            StatusCode::kTooLarge);
}

bool Never(const FileStamp& /*stamp*/) {
  return false;
}

TEST_P(ArchiveContentsTest, AreReadOnceForAsLongAsTheFileIsTheSame) {
  ArchiveBook book(Never);
  const auto first = book.ContentsOf(Make({{"a", "1"}}));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(book.ContentsOf(folder_ / "a.mar")->get(), first->get());
  const auto second = book.ContentsOf(Make({{"a", "other"}}));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->small.at("a"), "other");
  EXPECT_EQ((*first)->small.at("a"), "1") << "for those who have it still";
  fs::remove(folder_ / "a.mar");
  EXPECT_EQ(book.ContentsOf(folder_ / "a.mar").status().code(), StatusCode::kNotFound);
}

TEST_P(ArchiveContentsTest, AreReadAgainWhereTheFileMayHaveChangedUnseen) {
  ArchiveBook book([](const FileStamp& /*stamp*/) { return true; });
  const auto first = book.ContentsOf(Make({{"a", "1"}}));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_NE(book.ContentsOf(folder_ / "a.mar")->get(), first->get());
}

INSTANTIATE_TEST_SUITE_P(Forms, ArchiveContentsTest, testing::Values(ArchiveForm::kZip, ArchiveForm::kTarGzip));

}  // namespace
}  // namespace trireme
