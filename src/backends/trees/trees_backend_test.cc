// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/trees_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/trees/testing/random_forest.h"
#include "backends/trees/testing/xgboost_json.h"
#include "backends/trees/trees_signature.h"
#include "base/testing/temp_dir.h"
#include "treefile/evaluate.h"
#include "treefile/read_forest.h"

namespace trireme::trees {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using treefile::Forest;

constexpr uint32_t kWidth = 6;

// Two trees: mass <= 2.5, then energy <= 4 where it is more; energy <= 3.
constexpr const char* kLightgbm = R"(tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=mass energy
feature_infos=[0:10] [0:10]

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
threshold=2.5 4
decision_type=2 2
left_child=-1 -2
right_child=1 -3
leaf_value=-1 0.5 1.5

Tree=1
num_leaves=2
num_cat=0
split_feature=1
threshold=3
decision_type=2
left_child=-1
right_child=-2
leaf_value=-0.5 0.5

end of trees
)";

class TreesBackendTest : public testing::Test {
 protected:
  TreesBackendTest() {
    RandomForestOptions options{.trees = 40, .most_depth = 5, .leaf_early = 0.1, .width = kWidth};
    Forest forest = RandomForest(options, 1);
    for (treefile::Node& node : forest.nodes) {
      if (std::isinf(node.threshold)) node.threshold = 1;
    }
    file_ = folder_.Write("boosted.json", XgboostJson(forest, "binary:logistic"));
    forest_ = treefile::ReadForestFile(file_).value();
  }

  std::unique_ptr<OpenModel> Open(const std::filesystem::path& path, const OpenOptions& options = {},
                                  const Signature& declared = {}) {
    Result<Opened> opened = backend_->Open({.path = path, .declared = declared}, options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? std::get<std::unique_ptr<OpenModel>>(std::move(opened).value()) : nullptr;
  }

  Tensor Rows(std::vector<float> values, uint32_t width = kWidth) {
    return {DataType::kFp32,
            {static_cast<int64_t>(values.size() / width), width},
            Buffer::CopyOf(std::as_bytes(std::span(values)))};
  }

  static std::vector<float> Run(OpenModel& model, const Tensor& rows, int output = 0) {
    const int wanted[] = {output};
    const auto outputs = model.Run({&rows, 1}, wanted, {});
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    if (!outputs.ok()) return {};
    const auto values = (*outputs)[0].As<float>();
    return {values.begin(), values.end()};
  }

  std::vector<float> Expected(const std::vector<float>& rows) const {
    std::vector<float> scores;
    for (size_t begin = 0; begin < rows.size(); begin += kWidth) {
      const auto row = treefile::Evaluate(forest_, std::span(rows).subspan(begin, kWidth));
      scores.insert(scores.end(), row.scores.begin(), row.scores.end());
    }
    return scores;
  }

  static OpenOptions With(const std::string& key, const std::string& value) {
    OpenOptions options;
    options.runtime_parameters[key] = value;
    return options;
  }

  MemoryPool pool_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TempDir folder_;
  std::filesystem::path file_;
  Forest forest_;
  std::unique_ptr<Backend> backend_ = CreateBackend({pool_, log_, {}}).value();
};

TEST_F(TreesBackendTest, KnowsItsModelsByTheirContents) {
  EXPECT_EQ(backend_->Inspect(file_).confidence, 1);
  EXPECT_EQ(backend_->Inspect(folder_.Write("a.txt", kLightgbm)).confidence, 1);
  EXPECT_EQ(backend_->Inspect(folder_.Write("b.txt", "tree of life\n")).confidence, 0);
  EXPECT_EQ(backend_->Inspect(folder_.Write("c.json", R"({"labels": ["a"]})")).confidence, 0);
  EXPECT_EQ(backend_->Inspect(folder_.Write("empty.ubj", "")).confidence, 0);
  EXPECT_EQ(backend_->Inspect(folder_ / "missing.json").confidence, 0);
  EXPECT_EQ(backend_->Inspect(folder_.path()).confidence, 0);
}

TEST_F(TreesBackendTest, NamesTheFileThatCannotBeOpened) {
  const std::string text(kLightgbm);
  for (const auto& path : {folder_ / "missing.json", folder_.Write("cut.txt", text.substr(0, text.size() / 2)),
                           folder_.Write("other.json", "{}")}) {
    const Result<Opened> opened = backend_->Open({.path = path}, {});
    ASSERT_FALSE(opened.ok()) << path;
    EXPECT_NE(opened.status().code(), StatusCode::kInternal) << opened.status();
    EXPECT_THAT(opened.status().message(), HasSubstr(path.string()));
    EXPECT_EQ(backend_->Describe({.path = path}, {}).status().message(), opened.status().message());
  }
}

TEST_F(TreesBackendTest, DescribesAModelAsItIsOnceOpen) {
  for (const auto& path : {file_, folder_.Write("a.txt", kLightgbm)}) {
    const auto facts = backend_->Describe({.path = path}, {});
    ASSERT_TRUE(facts.ok()) << facts.status();
    const auto model = Open(path);
    ASSERT_EQ(facts->signature.inputs.size(), 1U);
    ASSERT_EQ(facts->signature.outputs.size(), 1U);
    EXPECT_EQ(facts->signature.inputs[0].shape, model->signature().inputs[0].shape);
    EXPECT_EQ(facts->signature.outputs[0].shape, Shape({Shape::kAny}));
    EXPECT_EQ(facts->signature.inputs[0].name, "input__0");
    EXPECT_EQ(facts->signature.outputs[0].name, "output__0");
    EXPECT_TRUE(facts->signature.batched);
    EXPECT_EQ(facts->weight_bytes, model->memory_use().total());
  }
  EXPECT_THAT(backend_->Describe({.path = file_}, {})->format, AllOf(HasSubstr("XGBoost"), HasSubstr("40 trees")));
}

TEST_F(TreesBackendTest, AnswersAsTheEvaluator) {
  const auto model = Open(file_);
  const std::vector<float> rows = RandomRows(kWidth, 500, 0.1, 2);
  EXPECT_EQ(Run(*model, Rows(rows)), Expected(rows));
  EXPECT_TRUE(Run(*model, Rows({})).empty());
}

TEST_F(TreesBackendTest, TakesNamesAndShapesOfTheConfig) {
  const Signature declared{
      .inputs = {{.name = "x", .shape = {Shape::kAny, kWidth}}},
      .outputs = {{.name = "y", .shape = {Shape::kAny, 1}}},
  };
  const auto model = Open(file_, {}, declared);
  EXPECT_EQ(model->signature().inputs[0].name, "x");
  EXPECT_EQ(model->signature().outputs[0].name, "y");
  EXPECT_EQ(model->signature().outputs[0].shape, Shape({Shape::kAny, 1}));
  const Tensor rows = Rows(RandomRows(kWidth, 3, 0, 3));
  const int wanted[] = {0};
  EXPECT_EQ((*model->Run({&rows, 1}, wanted, {}))[0].shape, Shape({3}));  // as FIL has it
}

TEST_F(TreesBackendTest, GivesMarginsAndLeavesWhereItIsToldTo) {
  const auto model = Open(file_, With("extra_outputs", "leaf, margin"));
  ASSERT_EQ(model->signature().outputs.size(), 3U);
  EXPECT_EQ(model->signature().outputs[1].name, "margin");
  EXPECT_EQ(model->signature().outputs[2].name, "leaf");
  EXPECT_EQ(model->signature().outputs[2].shape, Shape({Shape::kAny, 40}));
  const std::vector<float> row = RandomRows(kWidth, 1, 0, 4);
  const Tensor rows = Rows(row);
  const int wanted[] = {2, 1};
  const auto outputs = model->Run({&rows, 1}, wanted, {});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  const auto expected = treefile::Evaluate(forest_, row);
  EXPECT_EQ((*outputs)[1].As<float>()[0], static_cast<float>(expected.margins[0]));
  const auto leaves = (*outputs)[0].As<int32_t>();
  EXPECT_EQ(std::vector<uint32_t>(leaves.begin(), leaves.end()), expected.leaf_ids);
}

TEST_F(TreesBackendTest, GivesProbabilitiesWhereItIsToldTo) {
  const std::vector<float> rows = RandomRows(kWidth, 50, 0, 5);
  const std::vector<float> scores = Expected(rows);
  OpenOptions options = With("extra_outputs", "probabilities");
  options.runtime_parameters["is_classifier"] = "true";  // and the answer is the class
  const auto model = Open(file_, options);
  ASSERT_EQ(model->signature().outputs.size(), 2U);
  EXPECT_EQ(model->signature().outputs[1].name, "probabilities");
  EXPECT_EQ(model->signature().outputs[1].shape, Shape({Shape::kAny, 2}));
  const auto pairs = Run(*model, Rows(rows), 1);
  ASSERT_EQ(pairs.size(), 2 * scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(pairs[2 * i], 1 - scores[i]);
    EXPECT_EQ(pairs[2 * i + 1], scores[i]);
  }
  const auto other = backend_->Open({.path = folder_.Write("r.json", XgboostJson(forest_, "reg:squarederror"))},
                                    With("extra_outputs", "probabilities"));
  EXPECT_EQ(other.status().message(),
            "parameters[\"extra_outputs\"]: expected a classifier of XGBoost's or LightGBM's for probabilities, found "
            "reg:squarederror");
}

TEST_F(TreesBackendTest, GivesProbabilitiesOfEachClass) {
  std::string text = kLightgbm;
  for (const auto& [from, to] : {std::pair("num_class=1", "num_class=2"), std::pair("iteration=1", "iteration=2"),
                                 std::pair("binary sigmoid:1", "multiclass num_class:2")}) {
    text.replace(text.find(from), std::string_view(from).size(), to);
  }
  const auto model = Open(folder_.Write("classes.txt", text), With("extra_outputs", "probabilities,margin"));
  const Tensor rows = Rows({1, 1, 3, 3.5, 3, 5}, 2);
  EXPECT_EQ(Run(*model, rows, 0), Run(*model, rows, 2));
  const auto margins = Run(*model, rows, 1);
  EXPECT_FLOAT_EQ(Run(*model, rows, 2)[1], 1 / (1 + std::exp(margins[0] - margins[1])));
}

TEST_F(TreesBackendTest, AnswersAsFilForAClassifier) {
  const std::vector<float> rows = RandomRows(kWidth, 50, 0, 5);
  const std::vector<float> scores = Expected(rows);
  OpenOptions options = With("is_classifier", "true");
  options.runtime_parameters["threshold"] = "0.8";
  const auto classes = Run(*Open(file_, options), Rows(rows));
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_EQ(classes[i], scores[i] > 0.8F ? 1 : 0);
  options.runtime_parameters["predict_proba"] = "true";
  EXPECT_EQ(Run(*Open(file_, options), Rows(rows)), scores);
  const Signature both{.inputs = {}, .outputs = {{.name = "output__0", .shape = {Shape::kAny, 2}}}};
  const auto model = Open(file_, options, both);
  EXPECT_EQ(model->signature().outputs[0].shape, Shape({Shape::kAny, 2}));
  const auto pairs = Run(*model, Rows(rows));
  ASSERT_EQ(pairs.size(), 2 * scores.size());
  EXPECT_EQ(pairs[6], 1 - scores[3]);
  EXPECT_EQ(pairs[7], scores[3]);
  EXPECT_EQ(Run(*Open(file_, With("is_classifier", "false")), Rows(rows)), scores);
}

TEST_F(TreesBackendTest, AnswersLightgbmAsItsTextSays) {
  const auto model = Open(folder_.Write("a.txt", kLightgbm));
  const auto logistic = [](double x) { return static_cast<float>(1 / (1 + std::exp(-x))); };
  EXPECT_THAT(
      Run(*model, Rows({1, 1, 3, 3.5, 3, 5}, 2)),
      ElementsAre(testing::FloatEq(logistic(-1.5)), testing::FloatEq(logistic(1)), testing::FloatEq(logistic(2))));
}

TEST_F(TreesBackendTest, NamesTheFeaturesAsTheFileDoes) {
  EXPECT_THAT(Open(folder_.Write("a.txt", kLightgbm))->signature().inputs[0].element_names,
              ElementsAre("mass", "energy"));
  EXPECT_THAT(Open(file_)->signature().inputs[0].element_names, testing::IsEmpty());
}

TEST_F(TreesBackendTest, TakesNanForAMissingValueWhereTheFileDoes) {
  EXPECT_TRUE(Open(file_)->signature().inputs[0].missing_is_nan);
  Forest forest = forest_;
  forest.knows_missing = false;
  EXPECT_FALSE(MakeSignature({}, {}, forest)->signature.inputs[0].missing_is_nan);
}

TEST_F(TreesBackendTest, SaysWhichParameterIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {{"instruction_set", "neon"},  {"extra_outputs", "margin,"},
                                                       {"is_classifier", "perhaps"}, {"threshold", "half"},
                                                       {"all_iterations", "2"},      {"threshold", "nan"}};
  for (const auto& [key, value] : wrong) {
    const auto opened = backend_->Open({.path = file_}, With(key, value));
    ASSERT_FALSE(opened.ok()) << key;
    EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(opened.status().message().starts_with("parameters[\"" + std::string(key) + "\"]: expected "))
        << opened.status();
    EXPECT_FALSE(backend_->Describe({.path = file_}, With(key, value)).ok());
  }
  EXPECT_NE(Open(file_, With("storage_type", "AUTO")), nullptr);
  EXPECT_NE(Open(file_, With("whatever", "1")), nullptr);
}

TEST_F(TreesBackendTest, WritesWhereTheCallerWants) {
  const auto model = Open(file_);
  const std::vector<float> values = RandomRows(kWidth, 20, 0, 6);
  const Tensor rows = Rows(values);
  const int wanted[] = {0};
  std::vector<Buffer> large = {Buffer::Take(pool_, 4096)};
  const auto outputs = model->Run({&rows, 1}, wanted, large);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ((*outputs)[0].data.data(), large[0].data());
  EXPECT_EQ((*outputs)[0].data.size(), 20 * sizeof(float));
  std::vector<Buffer> small = {Buffer::CopyOf(std::as_bytes(std::span(values).first(1)))};
  const auto elsewhere = model->Run({&rows, 1}, wanted, small);
  ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
  EXPECT_EQ((*elsewhere)[0].As<float>()[19], (*outputs)[0].As<float>()[19]);
}

TEST_F(TreesBackendTest, CallsAWrongShapeTheCallersFault) {
  const auto model = Open(file_);
  const int wanted[] = {0};
  const Tensor narrow = Rows({1, 2, 3}, 3);
  const Tensor flat{DataType::kFp32, {kWidth}, Rows(std::vector<float>(kWidth)).data};
  for (const Tensor& rows : {narrow, flat}) {
    const auto outputs = model->Run({&rows, 1}, wanted, {});
    ASSERT_FALSE(outputs.ok());
    EXPECT_EQ(outputs.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(outputs.status().message(), HasSubstr("input 'input__0': expected FP32 [-1,6], found FP32 ["));
  }
}

TEST_F(TreesBackendTest, OutputsAndModelsOutliveTheBackend) {
  auto first = Open(file_);
  auto second = first->WithThreads(2).value();
  EXPECT_EQ(second->memory_use().total(), 0U);
  const std::vector<float> values = RandomRows(kWidth, 3, 0, 7);
  const Tensor rows = Rows(values);
  const int wanted[] = {0};
  auto outputs = first->Run({&rows, 1}, wanted, {});
  first.reset();
  backend_.reset();
  EXPECT_EQ(Run(*second, rows), Expected(values));
  second.reset();
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ((*outputs)[0].As<float>()[2], Expected(values)[2]);
}

TEST_F(TreesBackendTest, GivesTheSameWithOtherThreadsAndForManyCallers) {
  const auto model = Open(file_);
  const std::vector<float> values = RandomRows(kWidth, 5000, 0.1, 8);
  const Tensor rows = Rows(values);
  const std::vector<float> expected = Run(*model, rows);
  EXPECT_EQ(expected, Expected(values));
  const auto wide = model->WithThreads(4).value();
  OpenModel* const models[] = {model.get(), wide.get()};
  std::vector<std::thread> callers;
  std::vector<int> right(4, 0);
  for (size_t caller = 0; caller < right.size(); ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 5; ++i) right[caller] += Run(*models[caller % 2], rows) == expected ? 1 : 0;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(right, testing::Each(5));
}

}  // namespace
}  // namespace trireme::trees
