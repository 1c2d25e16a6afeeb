// SPDX-License-Identifier: Apache-2.0
#include "repository/record_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/testing/temp_dir.h"
#include "codec/crc32c.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMost = 100;

template <typename T>
std::string Bytes(T value) {
  std::string bytes(sizeof(value), '\0');
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

std::string Checked(const std::string& bytes) {
  return bytes + Bytes(MaskCrc(Crc32c(bytes)));
}

std::string Record(const std::string& bytes) {
  return Checked(Bytes(uint64_t{bytes.size()})) + Checked(bytes);
}

class RecordFileTest : public ::testing::Test {
 protected:
  RecordFile Open(const std::string& contents) { return *RecordFile::Open(dir_.Write("records", contents)); }
  // Of the second record, behind a good one.
  Status SecondOf(const std::string& contents) {
    RecordFile file = Open(Record("one") + contents);
    EXPECT_EQ(**file.Next(kMost), "one");
    return file.Next(kMost).status();
  }

  TempDir dir_;
};

TEST_F(RecordFileTest, GivesRecordsInTheirOrder) {
  RecordFile file = Open(Record("one") + Record("") + Record(std::string(kMost, 'x')));
  EXPECT_EQ(**file.Next(kMost), "one");
  EXPECT_EQ(**file.Next(kMost), "");
  EXPECT_EQ(**file.Next(kMost), std::string(kMost, 'x'));
  EXPECT_FALSE(file.Next(kMost)->has_value());
  EXPECT_EQ(file.count(), 3U);
  EXPECT_FALSE(Open("").Next(kMost)->has_value());
  EXPECT_EQ(RecordFile::Open(dir_.path() / "nothing").status().code(), StatusCode::kNotFound);
}

TEST_F(RecordFileTest, RefusesWhatIsCutOff) {
  const std::string record = Record("two");
  for (size_t bytes = 1; bytes < record.size(); ++bytes) {
    const Status status = SecondOf(record.substr(0, bytes));
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("record 1: "));
    EXPECT_THAT(status.message(), HasSubstr("found the end of the file"));
  }
}

TEST_F(RecordFileTest, RefusesWhatItsChecksumsAreNotOf) {
  const std::string record = Record("two");
  for (size_t at = 0; at < record.size(); ++at) {
    std::string wrong = record;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    EXPECT_THAT(SecondOf(wrong).message(), HasSubstr("does not fit")) << at;
  }
}

TEST_F(RecordFileTest, TakesNoMemoryForWhatIsTooLarge) {
  const Status status = SecondOf(Checked(Bytes(uint64_t{1} << 60)));
  EXPECT_EQ(status.code(), StatusCode::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("expected at most 100 bytes, found 1152921504606846976"));
}

}  // namespace
}  // namespace trireme
