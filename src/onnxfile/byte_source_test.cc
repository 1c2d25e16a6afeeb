// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace trireme::onnxfile {
namespace {

using testing::HasSubstr;

std::string Long() {
  std::string bytes(3 * ByteSource::kMostAtOnce, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

ByteSource::ReadAt Reading(const std::string& bytes, size_t& reads) {
  return [&](uint64_t offset, std::span<char> to) -> Status {
    ++reads;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
    return {};
  };
}

TEST(ByteSource, GivesWhatIsThere) {
  const std::string bytes = Long();
  size_t reads = 0;
  ByteSource memory(bytes);
  ByteSource file(bytes.size(), Reading(bytes, reads));
  for (ByteSource* source : {&memory, &file}) {
    for (const size_t offset : {size_t{0}, size_t{10}, size_t{4090}, bytes.size() - 3, size_t{5}, bytes.size()}) {
      EXPECT_EQ(source->At(offset, 20), bytes.substr(offset, 20)) << offset;
    }
    EXPECT_EQ(source->At(bytes.size() + 1, 20), "");
    EXPECT_EQ(*source->Text({1, bytes.size() - 1}), bytes.substr(1, bytes.size() - 2));
  }
}

TEST(ByteSource, ReadsNothingTwiceThatLiesTogether) {
  const std::string bytes = Long();
  size_t reads = 0;
  ByteSource file(bytes.size(), Reading(bytes, reads));
  for (size_t offset = 0; offset + 20 <= ByteSource::kMostAtOnce; ++offset) file.At(offset, 20);
  EXPECT_EQ(reads, 1U);
}

TEST(ByteSource, GivesNothingMoreOnceReadingHasFailed) {
  ByteSource file(100'000, [](uint64_t offset, std::span<char> to) {
    std::fill(to.begin(), to.end(), 'x');
    return offset > 50'000 ? InvalidArgument("has become shorter") : Status();
  });
  EXPECT_EQ(file.At(0, 1), "x");
  EXPECT_EQ(file.At(60'000, 1), "");
  EXPECT_EQ(file.At(0, 1), "");
  EXPECT_EQ(file.Text({0, 10}).status().message(), "has become shorter");
}

TEST(ByteSource, RefusesNamesWithoutEnd) {
  const std::string bytes(ByteSource::kMaxTextBytes + 1, 'x');
  ByteSource source(bytes);
  EXPECT_EQ(source.Text({1, bytes.size()})->size(), ByteSource::kMaxTextBytes);
  EXPECT_THAT(source.Text({0, bytes.size()}).status().message(), HasSubstr("a name of 65537 bytes"));
}

}  // namespace
}  // namespace trireme::onnxfile
