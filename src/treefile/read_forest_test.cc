// SPDX-License-Identifier: Apache-2.0
#include "treefile/read_forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "base/testing/temp_dir.h"
#include "onnxfile/testing/test_models.h"
#include "treefile/evaluate.h"

namespace trireme::treefile {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): the suffix alone
using testing::HasSubstr;

std::optional<FileKind> Probe(std::string_view bytes) {
  return ProbeTreeFile(bytes.substr(0, kProbeBytes), bytes.size());
}

TEST(ReadForestTest, KnowsFilesByTheirBeginning) {
  EXPECT_EQ(Probe(R"({"learner":{"attributes":{},)"), FileKind::kXgboostJson);
  EXPECT_EQ(Probe(" {\n \"version\": [1, 7, 4], \"learner\" : {\"gradient_booster\": {"), FileKind::kXgboostJson);
  EXPECT_EQ(Probe("{L\0\0\0\0\0\0\0\7learner{L\0\0\0\0\0\0\0\012attributes{"sv), FileKind::kXgboostUbjson);
  EXPECT_EQ(Probe("tree\nversion=v4\nnum_class=1\n"), FileKind::kLightgbmText);
  EXPECT_EQ(Probe("tree\r\nversion=v3\r\n"), FileKind::kLightgbmText);
  EXPECT_EQ(Probe(onnxfile::TreeModel()), FileKind::kOnnx);
  EXPECT_EQ(Probe("binf\0\0\0\x3f"sv), FileKind::kXgboostBinary);
}

TEST(ReadForestTest, LeavesOtherFilesAlone) {
  for (const std::string_view other :
       {""sv, "{}"sv, "{\"learner\":3}"sv, R"({"learner":{"rate":1}})"sv, R"({"model":{"learner":{}}})"sv, "tree"sv,
        "trees are green\n"sv, "{L\0\0\0\0\0\0\0\7lawyers{"sv, "\x89PNG"sv, "[1,2]"sv}) {
    EXPECT_EQ(Probe(other), std::nullopt) << other;
  }
  EXPECT_EQ(Probe(onnxfile::AddModel()), std::nullopt);
  const Status status = ReadForest("PK\3\4 no trees").status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              HasSubstr("expected a model of XGBoost (JSON or UBJSON), LightGBM (text) or ONNX trees"));
}

TEST(ReadForestTest, SaysWhatToDoWithTheOldBinaryFormat) {
  const Status status = ReadForest("binf\0\0\0\x3f"sv).status();
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("booster.save_model(\"model.json\")"));
}

TEST(ReadForestTest, ReadsAFile) {
  const TempDir folder;
  const auto path = folder.path() / "model.onnx";
  std::ofstream(path, std::ios::binary) << onnxfile::TreeModel();
  const Result<Forest> forest = ReadForestFile(path);
  ASSERT_TRUE(forest.ok()) << forest.status();
  EXPECT_EQ(Evaluate(*forest, std::vector<float>{0.5F, 0}).scores[0], 1);
  EXPECT_EQ(Evaluate(*forest, std::vector<float>{0.6F, 0}).scores[0], 2);
  EXPECT_EQ(ReadForestFile(folder.path() / "none").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadForestFile(folder.path()).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::treefile
