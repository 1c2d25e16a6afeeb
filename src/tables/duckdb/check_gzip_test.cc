// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/check_gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::duck {
namespace {

using testing::HasSubstr;

class CheckGzipTest : public testing::Test {
 protected:
  CheckGzipTest() {
    const gzFile file = gzopen((folder_ / "whole.gz").c_str(), "wb");
    for (int i = 0; i < 2000; ++i) gzprintf(file, "%d,%d\n", i, i * i);
    gzclose(file);
    std::ifstream in(folder_ / "whole.gz", std::ios::binary);
    whole_.assign(std::istreambuf_iterator<char>(in), {});
  }

  Status Check(const std::string& bytes) { return CheckGzip(folder_.Write("a.gz", bytes), cancelled_); }

  TempDir folder_;
  std::string whole_;
  std::atomic<bool> cancelled_ = false;
};

TEST_F(CheckGzipTest, TakesWhatIsWhole) {
  EXPECT_TRUE(Check(whole_).ok());
  EXPECT_TRUE(Check(whole_ + whole_).ok()) << "members may follow one another";
}

TEST_F(CheckGzipTest, RefusesWhatIsCutOff) {
  for (const size_t left : {size_t{20}, whole_.size() / 2, whole_.size() - 8, whole_.size() - 1}) {
    EXPECT_THAT(Check(whole_.substr(0, left)).message(), HasSubstr("a.gz: expected a whole gzip file")) << left;
  }
}

TEST_F(CheckGzipTest, EndsSoonWhenCancelled) {
  cancelled_ = true;
  EXPECT_EQ(Check(whole_).code(), StatusCode::kCancelled);
}

TEST_F(CheckGzipTest, RefusesWhatIsDamaged) {
  std::string damaged = whole_;
  damaged[damaged.size() - 8] ^= 1;  // of the checksum
  EXPECT_THAT(Check(damaged).message(), HasSubstr("a.gz: expected a gzip file, found damage"));
  EXPECT_THAT(CheckGzip(folder_ / "nowhere.gz", cancelled_).message(), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace trireme::duck
