// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/data_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace trireme::tensorflow {
namespace {

std::string Contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DataFile, HasConstantsWhereItSays) {
  DataFile data = DataFile::Make().value();
  const uint64_t small = data.Begin(5).value();
  ASSERT_TRUE(data.Append("sma").ok());
  ASSERT_TRUE(data.Append("ll").ok());
  const uint64_t large = data.Begin(5000).value();
  ASSERT_TRUE(data.Append(std::string(5000, 'l')).ok());
  EXPECT_EQ(small % 64, 0);
  EXPECT_EQ(large % 4096, 0);
  const std::string written = Contents(data.folder()->path() / DataFile::kName);
  EXPECT_EQ(written.size(), large + 5000);
  EXPECT_EQ(written.substr(small, 5), "small");
  EXPECT_EQ(written.substr(large), std::string(5000, 'l'));
}

TEST(DataFile, IsThereAsLongAsSomebodyNeedsItsFolder) {
  std::shared_ptr<const ScratchFolder> folder;
  {
    DataFile data = DataFile::Make().value();
    ASSERT_TRUE(data.Begin(1));
    ASSERT_TRUE(data.Append("a").ok());
    folder = data.folder();
  }
  const std::filesystem::path path = folder->path();
  EXPECT_EQ(Contents(path / DataFile::kName), "a");
  folder = nullptr;
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(DataFile, TakesNothingOnceThereIsNoRoom) {
  DataFile data = DataFile::Make().value();
  EXPECT_FALSE(data.is_full());
  EXPECT_FALSE(data.Begin(uint64_t{1} << 60));  // no disk has that
  EXPECT_TRUE(data.is_full());
  EXPECT_FALSE(data.Begin(1));
}

}  // namespace
}  // namespace trireme::tensorflow
