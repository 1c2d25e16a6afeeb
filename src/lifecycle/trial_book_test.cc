// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/trial_book.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

ModelEntry Entry(int64_t version, uint64_t fingerprint) {
  ModelEntry entry;
  entry.id = {.name = "m", .version = version};
  entry.fingerprint = fingerprint;
  return entry;
}

TEST(TrialBook, KnowsWhatHasNotChanged) {
  TrialBook book;
  EXPECT_FALSE(book.Find(Entry(1, 5)));
  book.Note(Entry(1, 5), {.ran = true, .max_rows = 8});
  ASSERT_TRUE(book.Find(Entry(1, 5)));
  EXPECT_EQ(book.Find(Entry(1, 5))->max_rows, 8);
  EXPECT_FALSE(book.Find(Entry(1, 6)));
  EXPECT_FALSE(book.Find(Entry(2, 5)));
  book.Note(Entry(1, 6), {.ran = true, .max_rows = 4});
  EXPECT_FALSE(book.Find(Entry(1, 5)));
  EXPECT_EQ(book.Find(Entry(1, 6))->max_rows, 4);
}

TEST(TrialBook, KnowsNothingOfWhatHasNoFingerprint) {
  TrialBook book;
  book.Note(Entry(1, 0), {.ran = true});
  EXPECT_FALSE(book.Find(Entry(1, 0)));
}

TEST(TrialBook, DoesNotGrowForEver) {
  TrialBook book;
  for (size_t i = 1; i <= TrialBook::kMostVersions; ++i) book.Note(Entry(static_cast<int64_t>(i), 1), {.ran = true});
  EXPECT_TRUE(book.Find(Entry(1, 1)));
  book.Note(Entry(1, 2), {.ran = true});  // in its place
  EXPECT_TRUE(book.Find(Entry(2, 1)));
  book.Note(Entry(TrialBook::kMostVersions + 1, 1), {.ran = true});
  EXPECT_FALSE(book.Find(Entry(2, 1)));
  EXPECT_TRUE(book.Find(Entry(TrialBook::kMostVersions + 1, 1)));
}

}  // namespace
}  // namespace trireme
