// SPDX-License-Identifier: Apache-2.0
#include "repository/version_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "codec/sha256.h"
#include "onnxfile/testing/test_models.h"
#include "repository/scan_at.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The one model at `path`, as a scan finds it.
ModelEntry Only(const fs::path& path) {
  const std::vector<fs::path> paths = {path};
  auto scan = ScanRepository(paths, {});
  EXPECT_TRUE(scan.ok() && scan->models.size() == 1);
  return scan->models.at(0);
}

VersionFiles FilesAt(const fs::path& path) {
  auto files = FilesOfVersion(Only(path));
  EXPECT_TRUE(files.ok()) << files.status();
  return std::move(files).value();
}

std::vector<std::string> Names(const VersionFiles& version) {
  std::vector<std::string> names;
  for (const VersionFile& file : version.files) names.push_back(file.name);
  return names;
}

TEST(FilesOfVersion, AreAllOfItsFolderByTheirNamesAsBytesCompare) {
  const TempDir dir;
  for (const char* name : {"model.onnx", "weights/b.bin", "weights.bin", "Z", ".hidden/w"}) {
    dir.Write(fs::path("m/1") / name, "12345");
  }
  dir.Write("m/1/SHA256SUMS", ToHex(Sha256("12345")) + "  Z\n");
  dir.Write("m/config.pbtxt");
  const VersionFiles version = FilesAt(dir / "m");
  EXPECT_THAT(Names(version), ElementsAre(".hidden/w", "Z", "model.onnx", "weights.bin", "weights/b.bin"));
  EXPECT_EQ(version.model, "model.onnx");
  EXPECT_EQ(version.files[0].path, dir / "m/1/.hidden/w");
  EXPECT_EQ(version.files[0].stamp.bytes, 5U);
}

TEST(FilesOfVersion, NameTheModelInAFolderOfItsOwn) {
  const TempDir dir;
  dir.Write("m/7/model.onnx/model.onnx");
  EXPECT_EQ(FilesAt(dir / "m/").model, "model.onnx/model.onnx");
}

TEST(FilesOfVersion, OfAModelBesideItsConfigAreThoseThatItNames) {
  const TempDir dir;
  dir.Write("sent/model.onnx");
  dir.Write("sent/config.pbtxt", "max_batch_size: 2");
  const auto scan = ScanModelAt(dir / "sent", "m", {});
  ASSERT_TRUE(scan.ok() && scan->models.size() == 1);
  EXPECT_THAT(Names(*FilesOfVersion(scan->models.front())), ElementsAre("model.onnx"));
}

TEST(FilesOfVersion, AreThoseThatLinksLeadTo) {
  const TempDir dir;
  dir.Write("store/blob", "123");
  dir.Write("store/more/w");
  dir.MakeFolder("m/1");
  fs::create_symlink(dir / "store/blob", dir / "m/1/model.onnx");
  fs::create_directory_symlink(dir / "store/more", dir / "m/1/data");
  fs::create_symlink(dir / "gone", dir / "m/1/nothing");
  const VersionFiles version = FilesAt(dir / "m");
  EXPECT_THAT(Names(version), ElementsAre("data/w", "model.onnx"));
  EXPECT_EQ(version.files[1].stamp.bytes, 3U);
}

TEST(FilesOfVersion, EndWhereLinksLeadInACircle) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  fs::create_directory_symlink(".", dir / "m/1/again");
  const auto files = FilesOfVersion(Only(dir / "m"));
  EXPECT_EQ(files.status().code(), StatusCode::kTooLarge);
  EXPECT_THAT(files.status().message(), HasSubstr("expected at most 16 folders in one another"));
}

TEST(FilesOfVersion, AreNothingButFiles) {
  const TempDir dir;
  dir.Write("m/1/model.onnx");
  ASSERT_EQ(mkfifo((dir / "m/1/pipe").c_str(), 0600), 0);
  EXPECT_THAT(Names(FilesAt(dir / "m")), ElementsAre("model.onnx"));
}

TEST(FilesOfVersion, OfAPlainFileAreThoseThatItNames) {
  const TempDir dir;
  const fs::path file = dir.Write("resnet.onnx", onnxfile::ExternalDataModel("w.bin"));
  dir.Write("other.onnx.data");
  EXPECT_THAT(Names(FilesAt(file)), ElementsAre("model.onnx"));
  dir.Write("w.bin", "0123456789abcdef");
  const VersionFiles version = FilesAt(file);
  EXPECT_THAT(Names(version), ElementsAre("model.onnx", "w.bin"));
  EXPECT_EQ(version.files[0].path, file);
  EXPECT_EQ(version.files[1].path, dir / "w.bin");
  EXPECT_EQ(version.model, "model.onnx");
}

TEST(FilesOfVersion, OfAPlainFileNeverLieElsewhere) {
  const TempDir dir;
  const fs::path outside = dir.Write("w.bin");
  for (const std::string& location : {outside.string(), std::string("../w.bin")}) {
    EXPECT_THAT(Names(FilesAt(dir.Write("models/m.onnx", onnxfile::ExternalDataModel(location)))),
                ElementsAre("model.onnx"));
  }
}

TEST(FilesOfVersion, OfAFileThatIsNoModelAreTheFileAlone) {
  const TempDir dir;
  EXPECT_THAT(Names(FilesAt(dir.Write("m.onnx", "no model"))), ElementsAre("model.onnx"));
}

TEST(FilesOfVersion, AreNoneWhereTheModelHasGone) {
  const TempDir dir;
  const ModelEntry plain = Only(dir.Write("m.onnx"));
  const ModelEntry folder = Only(dir.Write("n/1/model.onnx").parent_path().parent_path());
  fs::remove(dir / "m.onnx");
  fs::remove_all(dir / "n");
  EXPECT_EQ(FilesOfVersion(plain).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(FilesOfVersion(folder).status().code(), StatusCode::kUnavailable);
}

TEST(MayBeTheSame, IsAQuestionOfNamesAndSizes) {
  const TempDir dir;
  dir.Write("a/1/model.onnx", "123");
  dir.Write("b/5/model.onnx", "abc");
  dir.Write("c/1/model.onnx", "1234");
  dir.Write("d/1/m.onnx", "123");
  const VersionFiles a = FilesAt(dir / "a");
  EXPECT_TRUE(MayBeTheSame(a, FilesAt(dir / "b")));
  EXPECT_TRUE(MayBeTheSame(a, FilesAt(dir.Write("plain.onnx", "xyz"))));
  EXPECT_FALSE(MayBeTheSame(a, FilesAt(dir / "c")));
  EXPECT_FALSE(MayBeTheSame(a, FilesAt(dir / "d")));
}

}  // namespace
}  // namespace trireme
