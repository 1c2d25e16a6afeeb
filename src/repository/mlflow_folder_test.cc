// SPDX-License-Identifier: Apache-2.0
#include "repository/mlflow_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing/temp_dir.h"
#include "repository/scan.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kPyfunc = "  python_function: {loader_module: mlflow.x, env: conda.yaml}\n";

class MlflowFolderTest : public testing::Test {
 protected:
  Result<MlflowModel> Read(const std::string& text) {
    dir_.Write("m/MLmodel", text);
    return ReadMlflowModel(dir_ / "m");
  }
  // What it says of flavours.
  Result<MlflowModel> ReadFlavours(const std::string& flavours) {
    return Read("artifact_path: model\nflavors:\n" + flavours + kPyfunc + "run_id: 0123\n");
  }
  std::string PlaceOf(const std::string& flavours) {
    const Result<MlflowModel> model = ReadFlavours(flavours);
    return model.ok() ? model->path.lexically_relative(dir_ / "m").string() : model.status().ToString();
  }
  std::string Problem(const Result<MlflowModel>& model, StatusCode code = StatusCode::kInvalidArgument) {
    EXPECT_EQ(model.status().code(), code) << model.status();
    return model.status().message();
  }

  const TempDir dir_;
};

TEST_F(MlflowFolderTest, FindsTheModelOfEachFlavourThatIsServed) {
  EXPECT_EQ(PlaceOf("  onnx: {data: model.onnx, onnx_version: 1.17.0}\n"), "model.onnx");
  EXPECT_EQ(PlaceOf("  xgboost: {data: model.xgb, model_class: xgboost.core.Booster}\n"), "model.xgb");
  EXPECT_EQ(PlaceOf("  lightgbm: {data: model.lgb, lgb_version: 4.5.0}\n"), "model.lgb");
  EXPECT_EQ(PlaceOf("  tensorflow: {saved_model_dir: tf2model, model_type: tf2-module}\n"), "tf2model");
  EXPECT_EQ(PlaceOf("  tensorflow: {data: data, model_type: keras, save_format: tf}\n"), "data/model");
  EXPECT_EQ(PlaceOf("  keras: {data: data, keras_module: tensorflow.keras, save_format: tf}\n"), "data/model");
  EXPECT_EQ(PlaceOf("  pytorch: {model_data: data, pytorch_version: 2.4.1}\n"), "data/model.pth");
}

TEST_F(MlflowFolderTest, SaysWhatOthersWouldNeed) {
  EXPECT_THAT(Problem(ReadFlavours("  sklearn: {pickled_model: model.pkl}\n"), StatusCode::kUnsupported),
              HasSubstr("none of its flavours is served: 'sklearn': it is a pickle: convert it with skl2onnx"));
  EXPECT_THAT(Problem(Read("flavors:\n" + std::string(kPyfunc)), StatusCode::kUnsupported),
              HasSubstr("'python_function': it is Python code"));
  EXPECT_THAT(Problem(ReadFlavours("  prophet: {}\n  spark: {}\n"), StatusCode::kUnsupported),
              AllOf(HasSubstr("'prophet': it is kept as Python objects"), HasSubstr("'spark': it needs Spark")));
  EXPECT_THAT(Problem(ReadFlavours("  lightgbm: {data: model.pkl}\n"), StatusCode::kUnsupported),
              HasSubstr("flavors.lightgbm: \"model.pkl\" is a pickle"));
  EXPECT_THAT(Problem(ReadFlavours("  tensorflow: {data: data, save_format: h5}\n"), StatusCode::kUnsupported),
              HasSubstr("flavors.tensorflow: it is saved in the format the text \"h5\", which needs Keras"));
}

TEST_F(MlflowFolderTest, RefusesWhatMakesNoSense) {
  EXPECT_THAT(Problem(Read("")), HasSubstr("expected a map, found nothing"));
  EXPECT_THAT(Problem(Read("- a\n")), HasSubstr("expected a map, found a list"));
  EXPECT_THAT(Problem(Read("run_id: 1\n")), HasSubstr("flavors: expected a map, found none"));
  EXPECT_THAT(Problem(Read("flavors: []\n")), HasSubstr("flavors: expected a map of flavours, found a list"));
  EXPECT_THAT(Problem(Read("flavors: {}\n")), HasSubstr("flavors: expected a map of flavours"));
  EXPECT_THAT(Problem(Read("flavors: {onnx: 3}\n")), HasSubstr("flavors.onnx: expected a map, found the number 3"));
  EXPECT_THAT(Problem(Read("flavors: {onnx: {}}\n")),
              HasSubstr("flavors.onnx.data: expected a path in the folder, found none"));
  EXPECT_THAT(Problem(Read("flavors: {onnx: {data: [1]}}\n")), HasSubstr("found a list"));
  EXPECT_THAT(Problem(Read("flavors: {onnx: {data: ")), HasSubstr("MLmodel"));
  for (const char* outside : {"../other.onnx", "/etc/passwd", "a/../../b", "''"}) {
    EXPECT_THAT(Problem(Read("flavors: {onnx: {data: " + std::string(outside) + "}}\n")),
                HasSubstr("flavors.onnx.data: expected a path in the folder"));
  }
  EXPECT_EQ(Read(std::string((1 << 20) + 1, ' ')).status().code(), StatusCode::kTooLarge);
}

std::vector<std::string> Models(const RepositoryScan& scan) {
  std::vector<std::string> names;
  for (const ModelEntry& model : scan.models) names.push_back(model.id.text());
  return names;
}

TEST(ScanRepository, FindsMlflowModelsInVersionsAndByThemselves) {
  const TempDir dir;
  for (const char* folder : {"flat", "versions/3"}) {
    dir.Write(fs::path(folder) / "MLmodel", "flavors: {onnx: {data: model.onnx}}\n");
    dir.Write(fs::path(folder) / "model.onnx");
    dir.Write(fs::path(folder) / "requirements.txt");
  }
  dir.Write("traced/MLmodel", "flavors: {pytorch: {model_data: data}}\n");
  dir.Write("traced/data/model.pth");
  dir.Write("saved/MLmodel", "flavors: {tensorflow: {data: data, model_type: keras}}\n");
  dir.Write("saved/data/model/saved_model.pb");
  const std::vector<fs::path> all = {dir.path()};
  const RepositoryScan scan = ScanRepository(all, {}).value();
  ASSERT_THAT(Models(scan), ElementsAre("flat/1", "saved/1", "traced/1", "versions/3"));
  EXPECT_EQ(scan.models[0].path, dir / "flat/model.onnx");
  EXPECT_THAT(scan.models[0].notes, ElementsAre("the MLflow model is served by its flavour onnx"));
  EXPECT_EQ(scan.models[1].path, dir / "saved/data/model/saved_model.pb");
  EXPECT_EQ(scan.models[2].path, dir / "traced/data/model.pth");
  EXPECT_THAT(scan.problems, IsEmpty());
  for (const char* root : {"flat", "versions", "saved"}) {
    const std::vector<fs::path> one = {dir / root};
    EXPECT_THAT(Models(ScanRepository(one, {}).value()), SizeIs(1)) << root;
  }
}

TEST(ScanRepository, SaysWhatIsMissingOfAnMlflowModel) {
  const TempDir dir;
  dir.Write("gone/MLmodel", "flavors: {onnx: {data: model.onnx}}\n");
  dir.Write("python/MLmodel", "flavors: {sklearn: {pickled_model: model.pkl}}\n");
  dir.Write("python/model.pkl");
  const std::vector<fs::path> all = {dir.path()};
  const RepositoryScan scan = ScanRepository(all, {}).value();
  ASSERT_THAT(scan.problems, SizeIs(2));
  EXPECT_EQ(scan.problems[0].name, "gone");
  EXPECT_THAT(scan.problems[0].status.message(), HasSubstr("model.onnx\": expected a model file, found no such file"));
  EXPECT_EQ(scan.problems[1].name, "python");
  EXPECT_EQ(scan.problems[1].status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(scan.problems[1].status.message(), HasSubstr("skl2onnx"));
}

}  // namespace
}  // namespace trireme
