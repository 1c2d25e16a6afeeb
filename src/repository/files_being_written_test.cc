// SPDX-License-Identifier: Apache-2.0
#include "repository/files_being_written.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace trireme {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kStart{1h};

TEST(FilesBeingWritten, AreThoseWithOtherBytesUntilTheyAreClosed) {
  FilesBeingWritten writing;
  writing.Written("m/1/a", kStart);
  writing.Written("m/1/b", kStart);
  EXPECT_THAT(writing.At(kStart + 4min), ElementsAre("m/1/a", "m/1/b"));
  writing.Closed("m/1/a");
  EXPECT_THAT(writing.At(kStart), ElementsAre("m/1/b"));
}

TEST(FilesBeingWritten, AreWholeAfterALongSilence) {
  FilesBeingWritten writing;
  writing.Written("a", kStart);
  EXPECT_EQ(writing.NextEnd(kStart), kStart + 5min);
  writing.Written("a", kStart + 3min);
  EXPECT_THAT(writing.At(kStart + 8min - 1ns), ElementsAre("a"));
  EXPECT_THAT(writing.At(kStart + 8min), IsEmpty());
  EXPECT_EQ(writing.NextEnd(kStart + 8min), kNever);
}

TEST(FilesBeingWritten, AreThoseForAMomentThatMayBeOpenAlready) {
  FilesBeingWritten writing;
  writing.Appeared("a", kStart);
  EXPECT_THAT(writing.At(kStart + 2s - 1ns), ElementsAre("a"));
  EXPECT_THAT(writing.At(kStart + 2s), IsEmpty());
  writing.Written("a", kStart);
  writing.Appeared("a", kStart);
  EXPECT_EQ(writing.NextEnd(kStart), kStart + 5min);
}

TEST(FilesBeingWritten, AreGoneWithTheirFolder) {
  FilesBeingWritten writing;
  for (const char* file : {"m/1", "m/1/a", "m/1/b/c", "m/1-b/a", "m/10/a"}) writing.Written(file, kStart);
  writing.Gone("m/1");
  EXPECT_THAT(writing.At(kStart), ElementsAre("m/1-b/a", "m/10/a"));
}

TEST(FilesBeingWritten, AreDoubtfulOnceEventsWereLost) {
  FilesBeingWritten writing;
  writing.Written("a", kStart);
  writing.Doubt(kStart + 1min);
  EXPECT_EQ(writing.NextEnd(kStart + 1min), kStart + 1min + 2s);
}

}  // namespace
}  // namespace trireme
