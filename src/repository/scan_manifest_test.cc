// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "codec/sha256.h"
#include "repository/content_digest.h"
#include "repository/digest_book.h"
#include "repository/scan.h"
#include "repository/scan_at.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ScanManifestTest : public testing::Test {
 protected:
  RepositoryScan Scan() {
    const std::vector<fs::path> paths = {dir_.path()};
    auto scan = ScanRepository(paths, options_);
    EXPECT_TRUE(scan.ok()) << scan.status();
    return std::move(scan).value();
  }
  std::vector<std::string> Models() {
    std::vector<std::string> models;
    for (const ModelEntry& model : Scan().models) models.push_back(model.id.text());
    return models;
  }
  ModelProblem OnlyProblem() {
    RepositoryScan scan = Scan();
    EXPECT_THAT(scan.problems, SizeIs(1));
    return scan.problems.empty() ? ModelProblem{} : scan.problems.front();
  }
  // Of a file as it shall be.
  static std::string Line(const std::string& name, const std::string& contents) {
    return DigestLine(Sha256(contents), name);
  }

  const TempDir dir_;
  ScanOptions options_;
};

TEST_F(ScanManifestTest, AVersionIsWholeWhenAllThatIsListedIsThere) {
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model") + Line("weights/w.bin", "weights"));
  EXPECT_THAT(Models(), IsEmpty());
  dir_.Write("m/1/model.onnx", "model");
  EXPECT_THAT(Models(), IsEmpty());
  dir_.Write("m/1/weights/w.bin", "weigh");
  EXPECT_THAT(Models(), IsEmpty());
  dir_.Write("m/1/weights/w.bin", "weights");
  dir_.Write("m/1/notes.txt", "tolerated");
  const RepositoryScan scan = Scan();
  ASSERT_THAT(scan.models, SizeIs(1));
  EXPECT_TRUE(scan.models[0].is_verified);
  EXPECT_THAT(scan.problems, IsEmpty());
}

TEST_F(ScanManifestTest, SaysWhichFileIsMissing) {
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model") + Line("w.bin", "weights"));
  dir_.Write("m/1/model.onnx", "model");
  const ModelProblem problem = OnlyProblem();
  EXPECT_EQ(problem.name, "m");
  EXPECT_TRUE(problem.is_incomplete);
  EXPECT_EQ(problem.status.code(), StatusCode::kNotFound);
  EXPECT_THAT(problem.status.message(), AllOf(HasSubstr("file \"w.bin\" with the SHA-256 " + ToHex(Sha256("weights"))),
                                              HasSubstr("found no such file")));
}

TEST_F(ScanManifestTest, SaysWhichFileIsAnotherOneThanListed) {
  dir_.Write("m/1/SHA256SUMS", "# list\n" + Line("model.onnx", "model"));
  dir_.Write("m/1/model.onnx", "other");
  const ModelProblem problem = OnlyProblem();
  EXPECT_FALSE(problem.is_incomplete);
  EXPECT_EQ(problem.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(problem.status.message(),
              HasSubstr("expected file \"model.onnx\" with the SHA-256 " + ToHex(Sha256("model")) +
                        ", found one with " + ToHex(Sha256("other"))));
  ASSERT_THAT(problem.findings, SizeIs(1));
  EXPECT_EQ(problem.findings[0].file, dir_ / "m/1/SHA256SUMS");
  EXPECT_EQ(problem.findings[0].line, 2);
  EXPECT_EQ(problem.findings[0].field, "model.onnx");
}

TEST_F(ScanManifestTest, AnOlderVersionIsServedWhileTheNewestIsNotWhole) {
  dir_.Write("m/1/model.onnx");
  dir_.Write("m/2/model.onnx");
  dir_.Write("m/3/SHA256SUMS", Line("model.onnx", "model"));
  EXPECT_THAT(Models(), ElementsAre("m/2"));
  const ModelProblem problem = OnlyProblem();
  EXPECT_EQ(problem.name, "m");
  EXPECT_EQ(problem.version, 3);
  EXPECT_TRUE(problem.is_incomplete);
  EXPECT_THAT(problem.roots, ElementsAre(dir_.path()));
  dir_.Write("m/3/model.onnx", "model");
  EXPECT_THAT(Models(), ElementsAre("m/3"));
}

TEST_F(ScanManifestTest, PoliciesChooseAmongVersionsThatAreWhole) {
  for (const char* version : {"1", "2", "3", "4"}) dir_.Write(fs::path("m") / version / "model.onnx");
  dir_.Write("m/3/SHA256SUMS", Line("model.onnx", "other"));
  dir_.Write("m/config.pbtxt", "version_policy { latest { num_versions: 2 } }");
  EXPECT_THAT(Models(), ElementsAre("m/2", "m/4"));
  dir_.Write("m/config.pbtxt", "version_policy { all {} }");
  EXPECT_THAT(Models(), ElementsAre("m/1", "m/2", "m/4"));
  dir_.Write("m/config.pbtxt", "version_policy { specific { versions: [1, 3] } }");
  const RepositoryScan scan = Scan();
  EXPECT_THAT(Models(), ElementsAre("m/1"));
  EXPECT_THAT(scan.models[0].findings, IsEmpty()) << "3 has a folder";
  dir_.Write("m/config.pbtxt", "version_policy { specific { versions: [3] } }");
  EXPECT_THAT(Models(), IsEmpty());
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("m/3/SHA256SUMS"));
}

TEST_F(ScanManifestTest, DoesNotReadVersionsThatAreNotWanted) {
  dir_.Write("m/1/model.onnx");
  dir_.Write("m/1/SHA256SUMS", "no list");
  dir_.Write("m/2/model.onnx");
  EXPECT_THAT(Models(), ElementsAre("m/2"));
  EXPECT_THAT(Scan().problems, IsEmpty());
}

TEST_F(ScanManifestTest, AListThatMakesNoSenseIsAProblem) {
  dir_.Write("m/1/model.onnx");
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "") + "what?\n");
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("m/1/SHA256SUMS\": line 2: expected 64 hexadecimal digits"));
  fs::remove(dir_ / "m/1/SHA256SUMS");
  dir_.MakeFolder("m/1/SHA256SUMS");
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("expected a list of files, found a folder"));
  fs::remove(dir_ / "m/1/SHA256SUMS");
  ASSERT_EQ(mkfifo((dir_ / "m/1/SHA256SUMS").c_str(), 0600), 0);
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("neither a file nor a folder"));
}

TEST_F(ScanManifestTest, LinksMayNotLeadOutOfTheFolder) {
  const TempDir outside;
  outside.Write("w.bin", "weights");
  dir_.Write("m/1/model.onnx", "model");
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model") + Line("w.bin", "weights"));
  fs::create_symlink(outside / "w.bin", dir_ / "m/1/w.bin");
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("found a link that leads out"));
  fs::remove(dir_ / "m/1/w.bin");
  dir_.Write("m/1/blobs/w", "weights");
  fs::create_symlink("blobs/w", dir_ / "m/1/w.bin");
  EXPECT_THAT(Models(), ElementsAre("m/1"));
}

TEST_F(ScanManifestTest, AVersionMayBeALinkAsAWhole) {
  const TempDir store;
  store.Write("v1/model.onnx", "model");
  store.Write("v1/SHA256SUMS", Line("model.onnx", "model"));
  dir_.MakeFolder("m");
  fs::create_directory_symlink(store / "v1", dir_ / "m/1");
  EXPECT_THAT(Models(), ElementsAre("m/1"));
}

TEST_F(ScanManifestTest, AManifestIsAskedForWhereItIsRequired) {
  options_.require_manifest = true;
  dir_.Write("m/1/model.onnx", "model");
  EXPECT_THAT(OnlyProblem().status.message(),
              AllOf(HasSubstr("m/1/SHA256SUMS\": expected a list of the version's files, found nothing")));
  EXPECT_THAT(OnlyProblem().findings[0].fix, HasSubstr("--require-manifest"));
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model"));
  EXPECT_THAT(Models(), ElementsAre("m/1"));
}

TEST_F(ScanManifestTest, APlainFileHasNoneWhereOneIsRequired) {
  options_.require_manifest = true;
  dir_.Write("m.onnx");
  EXPECT_THAT(OnlyProblem().status.message(), HasSubstr("expected a version folder with SHA256SUMS"));
}

TEST_F(ScanManifestTest, FilesOfALoadRequestNeedNone) {
  options_.require_manifest = true;
  const std::vector<fs::path> paths = {dir_.path()};
  const LoadOverride sent{.config_json = "{}", .files = {{"1/model.onnx", "model"}}};
  const TempDir scratch;
  const auto scan = ScanModel(paths, "m", options_, sent, scratch.path());
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_THAT(scan->models, SizeIs(1));
}

TEST_F(ScanManifestTest, CountsForAModelThatIsLoadedFromItsPath) {
  dir_.Write("m/model.onnx", "other");
  dir_.Write("m/SHA256SUMS", Line("model.onnx", "model"));
  const auto scan = ScanModelAt(dir_ / "m", "m", options_);
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_THAT(scan->models, IsEmpty());
  EXPECT_THAT(scan->problems, SizeIs(1));
}

TEST_F(ScanManifestTest, SaysThatNothingWasReadOnceItIsStopped) {
  options_.digests = std::make_shared<DigestBook>();
  options_.digests->Stop();
  dir_.Write("m/1/model.onnx", "model");
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model"));
  EXPECT_EQ(OnlyProblem().status.code(), StatusCode::kCancelled);
}

TEST_F(ScanManifestTest, AManifestThatIsAddedChangesNothingOfTheModel) {
  dir_.Write("m/1/model.onnx", "model");
  const uint64_t before = Scan().models.at(0).fingerprint;
  dir_.Write("m/1/SHA256SUMS", Line("model.onnx", "model"));
  EXPECT_EQ(Scan().models.at(0).fingerprint, before);
}

}  // namespace
}  // namespace trireme
