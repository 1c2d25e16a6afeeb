// SPDX-License-Identifier: Apache-2.0
#include "predict/picture_blocks.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/testing/temp_dir.h"

namespace trireme::predict {
namespace {

class PictureBlocksTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
  }

  // Of all files.
  Checksums ReadAll() const {
    PictureBlocks blocks(folder_.path(), *FindPictures(folder_.path()),
                         {.input = "x", .skip_bad_rows = true, .limit = std::numeric_limits<int64_t>::max()});
    Checksums checksums;
    while (auto block = *blocks.Next(1)) checksums = block->checksums;
    return checksums;
  }

  TempDir folder_;
};

TEST_F(PictureBlocksTest, ChecksumsAreOfNamesAndBytes) {
  Write("a.png", "one");
  Write("b.png", "two");
  const Checksums before = ReadAll();
  EXPECT_EQ(ReadAll(), before);
  Write("a.png", "One");
  EXPECT_NE(ReadAll(), before);
  Write("a.png", "one");
  std::filesystem::rename(folder_.path() / "b.png", folder_.path() / "c.png");
  EXPECT_NE(ReadAll(), before);
}

}  // namespace
}  // namespace trireme::predict
