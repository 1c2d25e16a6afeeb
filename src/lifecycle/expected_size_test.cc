// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/expected_size.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

ModelEntry Entry(const std::string& name, int64_t version, uint64_t fingerprint, uint64_t file_bytes) {
  ModelEntry entry;
  entry.id = {name, version};
  entry.fingerprint = fingerprint;
  entry.file_bytes = file_bytes;
  return entry;
}

TEST(ExpectedSizes, BeginsWithTheFilesAndSomeMore) {
  const uint64_t expected = ExpectedSizes().Of(Entry("m", 1, 1, 100 * kMiB));
  EXPECT_GT(expected, 100 * kMiB);
  EXPECT_LT(expected, 130 * kMiB);
}

TEST(ExpectedSizes, KnowsWhatWasMeasuredOfTheSameFiles) {
  ExpectedSizes sizes;
  sizes.Learn(Entry("m", 1, 1, 100 * kMiB), 321 * kMiB);
  EXPECT_EQ(sizes.Of(Entry("m", 1, 1, 100 * kMiB)), 321 * kMiB);
}

TEST(ExpectedSizes, TakesAnotherVersionForAMeasure) {
  ExpectedSizes sizes;
  sizes.Learn(Entry("m", 1, 1, 100 * kMiB), 300 * kMiB);
  EXPECT_EQ(sizes.Of(Entry("m", 2, 9, 50 * kMiB)), 150 * kMiB);
  EXPECT_EQ(sizes.Of(Entry("m", 1, 9, 10 * kMiB)), 30 * kMiB);
}

TEST(ExpectedSizes, ASmallVersionIsNoMeasureOfALargeOne) {
  ExpectedSizes sizes;
  sizes.Learn(Entry("m", 1, 1, 193), 270'916);
  const uint64_t expected = sizes.Of(Entry("m", 1, 2, 46 * kMiB));
  EXPECT_GT(expected, 46 * kMiB);
  EXPECT_LT(expected, 100 * kMiB);
}

TEST(ExpectedSizes, LearnsFromOtherModels) {
  ExpectedSizes sizes;
  const ModelEntry unknown = Entry("other", 1, 1, 100 * kMiB);
  const uint64_t before = sizes.Of(unknown);
  for (int i = 0; i < 8; ++i) sizes.Learn(Entry("m" + std::to_string(i), 1, 1, 100 * kMiB), 200 * kMiB);
  EXPECT_GT(sizes.Of(unknown), before + 50 * kMiB);
}

TEST(ExpectedSizes, TinyModelsSayNothingOfLargeOnes) {
  ExpectedSizes sizes;
  const ModelEntry large = Entry("large", 1, 1, 100 * kMiB);
  const uint64_t before = sizes.Of(large);
  sizes.Learn(Entry("tiny", 1, 1, 100), kMiB);
  EXPECT_EQ(sizes.Of(large), before);
}

}  // namespace
}  // namespace trireme
