// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/data_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <limits>
#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::onnxfile {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CheckDataFilesTest : public testing::Test {
 protected:
  Status Check(const ExternalTensor& tensor) {
    ModelSummary summary;
    summary.external_tensors = {tensor};
    return CheckDataFiles(summary, DataFoldersOf(folder_ / "m/model.onnx"));
  }

  TempDir folder_;
  const fs::path model_ = folder_.Write("m/model.onnx");
};

TEST_F(CheckDataFilesTest, AllowsWhatLiesBesideOrBelowTheModel) {
  folder_.Write("m/model.onnx_data", "12345678");
  folder_.Write("m/weights/part..1", "12345678");
  EXPECT_TRUE(Check({.name = "w", .location = "model.onnx_data", .offset = 4, .bytes = 4}).ok());
  EXPECT_TRUE(Check({.name = "w", .location = "weights/part..1", .bytes = 8}).ok());
  EXPECT_TRUE(Check({.name = "w", .location = "./weights/part..1", .bytes = 8}).ok());
}

TEST_F(CheckDataFilesTest, RefusesWhatLeavesTheFolder) {
  folder_.Write("secret", "12345678");
  for (const std::string& location :
       {std::string("/etc/passwd"), std::string("../secret"), std::string("a/../../secret"), std::string(".."),
        std::string(), std::string("a\0b", 3), (folder_ / "secret").string(), std::string(5000, 'a')}) {
    const Status status = Check({.name = "w", .location = location, .bytes = 4});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << location;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("'w'"), HasSubstr("only a file within the model's folder")));
  }
}

TEST_F(CheckDataFilesTest, RefusesAnAddressInMemoryThatLooksLikeAFile) {
  folder_.Write("m/*/_ORT_MEM_ADDR_/*", "12345678");
  const Status status = Check({.name = "w", .location = "*/_ORT_MEM_ADDR_/*", .offset = 4096, .bytes = 4});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
}

TEST_F(CheckDataFilesTest, RefusesLinksOutOfTheFolder) {
  folder_.Write("secrets/a", "12345678");
  fs::create_symlink(folder_ / "secrets/a", folder_ / "m/file");
  fs::create_directory_symlink("../secrets", folder_ / "m/folder");
  for (const std::string location : {"file", "folder/a"}) {
    EXPECT_THAT(Check({.name = "w", .location = location, .bytes = 4}).message(), HasSubstr("a link out of"));
  }
}

TEST_F(CheckDataFilesTest, FollowsLinksWithinTheFolder) {
  folder_.Write("m/data/a", "12345678");
  fs::create_symlink("data/a", folder_ / "m/link");
  EXPECT_TRUE(Check({.name = "w", .location = "link", .bytes = 4}).ok());
}

TEST_F(CheckDataFilesTest, FollowsALinkToWhereTheModelItselfIsALinkTo) {
  // As caches of downloaded models have it: a folder of links, and a folder of contents beside it.
  folder_.Write("contents/0a", "model");
  folder_.Write("contents/0b", "12345678");
  fs::create_directories(folder_ / "linked");
  fs::create_symlink("../contents/0a", folder_ / "linked/model.onnx");
  fs::create_symlink("../contents/0b", folder_ / "linked/weights");
  ModelSummary summary;
  summary.external_tensors = {{.name = "w", .location = "weights", .bytes = 8}};
  EXPECT_TRUE(CheckDataFiles(summary, DataFoldersOf(folder_ / "linked/model.onnx")).ok());
}

TEST_F(CheckDataFilesTest, NamesWhatIsMissing) {
  const Status status = Check({.name = "w", .location = "weights.bin", .bytes = 4});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("'w'"), HasSubstr("'weights.bin'"), HasSubstr("no such file in the folder of"),
                    Not(HasSubstr(folder_.path().string()))));
}

TEST_F(CheckDataFilesTest, SaysWhereAFileEndsThatIsTooShort) {
  folder_.Write("m/weights.bin", "12345678");
  EXPECT_THAT(Check({.name = "w", .location = "weights.bin", .offset = 6, .bytes = 4}).message(),
              HasSubstr("from byte 6 to 10, and that file ends at byte 8"));
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  EXPECT_FALSE(Check({.name = "w", .location = "weights.bin", .offset = most, .bytes = most}).ok());
}

TEST_F(CheckDataFilesTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(mkfifo((folder_ / "m/weights").c_str(), 0600), 0);
  EXPECT_THAT(Check({.name = "w", .location = "weights", .bytes = 4}).message(), HasSubstr("is not a file"));
}

TEST(DataReader, ReadsConstantsOfSeveralFiles) {
  const TempDir folder;
  folder.Write("a", "12345678");
  folder.Write("b/c", "abcd");
  DataReader reader({.beside = folder.path(), .target = folder.path()});
  std::string text(4, '\0');
  EXPECT_TRUE(reader.Read({.name = "w", .location = "a", .offset = 3, .bytes = 4}, text).ok());
  EXPECT_EQ(text, "4567");
  EXPECT_TRUE(reader.Read({.name = "w", .location = "b/c", .bytes = 4}, text).ok());
  EXPECT_EQ(text, "abcd");
  EXPECT_TRUE(reader.Read({.name = "w", .location = "a", .bytes = 4}, text).ok());
  EXPECT_EQ(text, "1234");
}

TEST(DataReader, SaysWhatBecameOfAFileMeanwhile) {
  const TempDir folder;
  folder.Write("a", "12345678");
  DataReader reader({.beside = folder.path(), .target = folder.path()});
  std::string text(4, '\0');
  EXPECT_THAT(reader.Read({.name = "w", .location = "a", .offset = 6, .bytes = 4}, text).message(),
              AllOf(HasSubstr("'w'"), HasSubstr("'a'"), HasSubstr("became shorter")));
  EXPECT_THAT(reader.Read({.name = "w", .location = "gone", .bytes = 4}, text).message(), HasSubstr("no such file"));
}

TEST_F(CheckDataFilesTest, RefusesAFolder) {
  fs::create_directory(folder_ / "m/weights");
  EXPECT_THAT(Check({.name = "w", .location = "weights", .bytes = 4}).message(), HasSubstr("is not a file"));
}

}  // namespace
}  // namespace trireme::onnxfile
