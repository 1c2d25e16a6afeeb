// SPDX-License-Identifier: Apache-2.0
// What is particular to ONNX; what all backends have in common is in contract_test.cc.
#include "backends/onnx/onnx_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backend/testing/contract.h"
#include "base/testing/temp_dir.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/testing/triton_models.h"
#include "onnxfile/wire_reader.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class OnnxBackendTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = CreateBackend({pool_, log_, BuildFolder()});
    ASSERT_TRUE(made.ok()) << made.status();
    backend_ = std::move(made).value();
  }

  Result<Opened> TryOpen(const std::string& bytes, const OpenOptions& options = {}) {
    return backend_->Open({.path = onnxfile::WriteModel(folder_.path(), "model", bytes)}, options);
  }

  std::unique_ptr<OpenModel> Open(const std::string& bytes, const OpenOptions& options = {}) {
    Result<Opened> opened = TryOpen(bytes, options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? std::get<std::unique_ptr<OpenModel>>(std::move(opened).value()) : nullptr;
  }

  // What Describe says of it.
  Result<ModelFacts> Describe(const std::string& bytes, const OpenOptions& options = {}) {
    return backend_->Describe({.path = onnxfile::WriteModel(folder_.path(), "model", bytes)}, options);
  }

  // That both refuse it for the same reason, which the file or the options show.
  void ExpectRefused(const std::string& bytes, StatusCode code, const testing::Matcher<const std::string&>& message,
                     const OpenOptions& options = {}) {
    const auto opened = TryOpen(bytes, options);
    const auto described = Describe(bytes, options);
    ASSERT_FALSE(opened.ok());
    ASSERT_FALSE(described.ok());
    EXPECT_EQ(opened.status().code(), code);
    EXPECT_THAT(opened.status().message(), message);
    EXPECT_EQ(described.status().ToString(), opened.status().ToString());
  }

  Tensor Floats(const Shape& shape, const std::vector<float>& elements) {
    return {DataType::kFp32, shape, Buffer::CopyOf(std::as_bytes(std::span(elements)))};
  }

  static Result<Tensor> RunOne(OpenModel& model, const Tensor& input, std::span<Buffer> destinations = {}) {
    const int wanted[] = {0};
    ASSIGN_OR_RETURN(std::vector<Tensor> outputs, model.Run({&input, 1}, wanted, destinations));
    return outputs[0];
  }

  MemoryPool pool_;
  const Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TempDir folder_;
  std::unique_ptr<Backend> backend_;
};

TEST_F(OnnxBackendTest, OpensEveryGoodModel) {
  for (const auto& model : onnxfile::GoodModels()) EXPECT_TRUE(TryOpen(model.bytes).ok()) << model.name;
}

TEST_F(OnnxBackendTest, OpensEveryModelOfATritonRepository) {
  const auto files = onnxfile::TritonModels();
  onnxfile::WriteFiles(folder_.path(), files);
  for (const auto& file : files) {
    if (!file.path.ends_with(".onnx")) continue;
    const auto opened = backend_->Open({.path = folder_ / file.path}, {});
    EXPECT_TRUE(opened.ok()) << opened.status();
  }
}

TEST_F(OnnxBackendTest, IsThePlugInThatTheServerOpens) {
  const auto opened = OpenPlugin("onnx", {pool_, log_, BuildFolder()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->name(), "onnx");
  EXPECT_THAT((*opened)->runtime_version(), HasSubstr("ONNX Runtime 1."));
}

TEST_F(OnnxBackendTest, SaysWhereTheRuntimeIsMissing) {
  const auto made = CreateBackend({pool_, log_, folder_.path()});
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.status().message(), HasSubstr((folder_ / "libonnxruntime.so.1").string()));
}

TEST_F(OnnxBackendTest, RunsScalars) {
  const auto model = Open(onnxfile::ScalarModel());
  EXPECT_EQ(model->signature().inputs[0].shape, Shape());
  EXPECT_FALSE(model->signature().batched);
  const auto output = RunOne(*model, Floats({}, {21}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->shape, Shape());
  EXPECT_EQ(output->As<float>()[0], 42);
}

TEST_F(OnnxBackendTest, RunsTrees) {
  const auto model = Open(onnxfile::TreeModel());
  const auto output = RunOne(*model, Floats({2, 2}, {0.5F, 0, 0.6F, 0}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->As<float>(), ElementsAre(1, 2));
}

TEST_F(OnnxBackendTest, KeepsDefaultsOfInputsThatHaveOne) {
  const auto model = Open(onnxfile::DefaultedInputModel());
  ASSERT_EQ(model->signature().inputs.size(), 1U);
  const auto output = RunOne(*model, Floats({1, 2}, {1, 2}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->As<float>(), ElementsAre(3, 6));
}

TEST_F(OnnxBackendTest, SaysWhatMayChangeWhileItRuns) {
  const auto matmul = Open(onnxfile::SquareMatmulModel());
  EXPECT_TRUE(matmul->signature().inputs[0].may_change);
  EXPECT_TRUE(matmul->signature().outputs[0].may_change);
  const auto top = Open(onnxfile::TopKModel());
  EXPECT_FALSE(top->signature().inputs[0].may_change);
  EXPECT_FALSE(top->signature().outputs[0].may_change);
}

TEST_F(OnnxBackendTest, WritesLargeOutputsWhereTheyAreWanted) {
  constexpr int64_t kElements = 150'000;
  const auto model = Open(onnxfile::IdentityModel(DataType::kFp32));
  EXPECT_TRUE(model->signature().inputs[0].may_change && model->signature().outputs[0].may_change);
  const Tensor input = Floats({1, kElements}, std::vector<float>(kElements, 3));
  std::vector<Buffer> destinations = {Buffer::Take(pool_, kElements * sizeof(float))};
  const auto output = RunOne(*model, input, destinations);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->data.data(), destinations[0].data());
  EXPECT_EQ(output->As<float>().back(), 3);
}

TEST_F(OnnxBackendTest, TellsNamesOfDimensions) {
  const auto model = Open(onnxfile::IdentityModel(DataType::kFp32));
  EXPECT_THAT(model->signature().inputs[0].dim_names, ElementsAre("batch", "d"));
}

TEST_F(OnnxBackendTest, SuggestsABatchOnlyIfRowsAreOneDimensionOfTheirOwn) {
  EXPECT_TRUE(Open(onnxfile::AddModel())->signature().batched);
  EXPECT_TRUE(Open(onnxfile::CentreModel())->signature().batched);  // which only a trial can disprove
  EXPECT_FALSE(Open(onnxfile::FixedModel())->signature().batched);
  EXPECT_TRUE(Open(onnxfile::ReshapeModel())->signature().batched);  // whose output's rows have another name: the same
  EXPECT_FALSE(Open(onnxfile::SquareMatmulModel())->signature().batched);
}

TEST_F(OnnxBackendTest, CallsAnIndexOutOfRangeTheCallersFault) {
  const auto model = Open(onnxfile::GatherModel());
  Tensor index = MakeTensor(pool_, DataType::kInt64, {1});
  index.MutableAs<int64_t>()[0] = 7;
  const auto output = RunOne(*model, index);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(output.status().message(), AllOf(HasSubstr("idx=7"), Not(HasSubstr(".cc"))));
}

TEST_F(OnnxBackendTest, CallsAShapeThatDoesNotFitInsideTheCallersFault) {
  const auto model = Open(onnxfile::ReshapeModel());
  EXPECT_TRUE(RunOne(*model, Floats({8}, std::vector<float>(8))).ok());
  const auto output = RunOne(*model, Floats({7}, std::vector<float>(7)));
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(output.status().message(), AllOf(HasSubstr("{7}"), Not(HasSubstr(".h:"))));
}

TEST_F(OnnxBackendTest, CallsMoreDimensionsThanCanBeServedTheCallersFault) {
  // It promises one dimension, and the runtime takes its word for that.
  const onnxfile::Graph graph{.name = "zeros",
                              .nodes = {{"ConstantOfShape", {"INPUT0"}, {"OUTPUT0"}}},
                              .inputs = {{"INPUT0", onnxfile::ElementType::kInt64, {"rank"}}},
                              .outputs = {{"OUTPUT0", onnxfile::ElementType::kFloat, {"n"}}}};
  const auto model = Open(onnxfile::Serialize({.graph = graph}));
  ASSERT_NE(model, nullptr);
  const auto run = [&](size_t rank) {
    const std::vector<int64_t> ones(rank, 1);
    const auto bytes = std::as_bytes(std::span(ones));
    return RunOne(*model, {DataType::kInt64, {static_cast<int64_t>(rank)}, Buffer::CopyOf(bytes)});
  };
  EXPECT_TRUE(run(16).ok());
  const Status refused = run(40).status();
  EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("an output has 40 dimensions, of which at most 16 can be served"));
}

TEST_F(OnnxBackendTest, RefusesStringsThatDoNotAddUp) {
  const auto model = Open(onnxfile::IdentityModel(DataType::kBytes));
  const std::byte cut_off[] = {std::byte{9}, {}, {}, {}, std::byte{'x'}};
  const auto output = RunOne(*model, {DataType::kBytes, {1, 1}, Buffer::CopyOf(cut_off)});
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(output.status().message(), HasSubstr("INPUT0"));
}

TEST_F(OnnxBackendTest, RunsIntoAPlaceOfTheCallersWithoutACopyOrAWrongShape) {
  // The output is declared as large as the input and is not: what was bound for it must not be believed.
  onnxfile::Model lying;
  lying.graph = {.name = "lying",
                 .nodes = {{"Concat", {"INPUT0", "INPUT0"}, {"OUTPUT0"}, {{"axis", int64_t{0}}}}},
                 .inputs = {{"INPUT0", onnxfile::ElementType::kFloat, {"n"}}},
                 .outputs = {{"OUTPUT0", onnxfile::ElementType::kFloat, {"n"}}}};
  const auto model = Open(Serialize(lying));
  std::vector<Buffer> destinations = {Buffer::Take(pool_, 4096)};
  const auto output = RunOne(*model, Floats({2}, {1, 2}), destinations);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(output->data.data(), destinations[0].data());
  EXPECT_THAT(output->As<float>(), ElementsAre(1, 2, 1, 2));
}

TEST_F(OnnxBackendTest, OpensBytesOfOtherBackends) {
  const OnnxModelBytes bytes{onnxfile::AddModel()};
  const auto opened = backend_->Open({.path = folder_ / "saved_model", .onnx = &bytes}, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const OnnxModelBytes nonsense{"nonsense"};
  const auto refused = backend_->Open({.path = folder_ / "saved_model", .onnx = &nonsense}, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().message(), HasSubstr("saved_model"));
}

TEST_F(OnnxBackendTest, FindsDataFilesBesideTheModel) {
  const float weights[] = {1, 2, 3, 4};
  folder_.Write("m/weights.bin", {reinterpret_cast<const char*>(weights), sizeof(weights)});
  const std::string bytes = onnxfile::ExternalDataModel("weights.bin");
  const OnnxModelBytes in_memory{bytes};
  const ModelSource sources[] = {{.path = folder_.Write("m/model.onnx", bytes)},
                                 {.path = folder_ / "m", .onnx = &in_memory}};
  for (const ModelSource& source : sources) {
    Result<Opened> opened = backend_->Open(source, {});
    ASSERT_TRUE(opened.ok()) << opened.status();
    const auto& model = std::get<std::unique_ptr<OpenModel>>(*opened);
    EXPECT_GE(model->memory_use().weights, sizeof(weights));
    const auto output = RunOne(*model, Floats({1, 4}, {0, 0, 0, 0}));
    ASSERT_TRUE(output.ok()) << output.status();
    EXPECT_THAT(output->As<float>(), ElementsAre(1, 2, 3, 4));
  }
}

// FP32 INPUT0 [n,4] -> OUTPUT0 = INPUT0 + four floats of weights.bin.
onnxfile::Model ModelWithDataFile(std::vector<std::pair<std::string, std::string>> entries) {
  onnxfile::Model model;
  model.graph = {
      .name = "data_file",
      .nodes = {{"Add", {"INPUT0", "w"}, {"OUTPUT0"}}},
      .inputs = {{"INPUT0", onnxfile::ElementType::kFloat, {"n", 4}}},
      .outputs = {{"OUTPUT0", onnxfile::ElementType::kFloat, {"n", 4}}},
      .initializers = {
          {.name = "w", .dims = {4}, .external_location = "weights.bin", .external_entries = std::move(entries)}}};
  return model;
}

TEST_F(OnnxBackendTest, ReadsTheirPartOfADataFile) {
  const float weights[] = {9, 9, 1, 2, 3, 4, 9};
  folder_.Write("model/1/weights.bin", {reinterpret_cast<const char*>(weights), sizeof(weights)});
  const std::string bytes = Serialize(ModelWithDataFile({{"offset", "8"}, {"length", "16"}, {"checksum", "x"}}));
  EXPECT_EQ(Describe(bytes)->weight_bytes, 16U);
  const auto output = RunOne(*Open(bytes), Floats({1, 4}, {0, 0, 0, 0}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->As<float>(), ElementsAre(1, 2, 3, 4));
}

bool IsMapped(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(name) != std::string::npos) return true;
  }
  return false;
}

TEST_F(OnnxBackendTest, KeepsItsWeightsWhenADataFileIsCutShort) {
  const std::vector<float> weights(4096, 7);
  const std::string_view bytes(reinterpret_cast<const char*>(weights.data()), weights.size() * sizeof(float));
  folder_.Write("model/1/weights.bin", bytes);
  const onnxfile::TensorProto outside{.name = "w", .dims = {4096}, .external_location = "./weights.bin"};
  const onnxfile::ValueInfo x{"x", onnxfile::ElementType::kFloat, {1}};
  const onnxfile::ValueInfo y{"y", onnxfile::ElementType::kFloat, {4096}};
  const auto branch = [&](const std::string& name) {
    onnxfile::TensorProto tensor = outside;
    tensor.name = name;
    return std::vector<onnxfile::Graph>{{.name = name,
                                         .nodes = {{"Add", {"x", name}, {"z"}}},
                                         .outputs = {{"z", y.type, y.dims}},
                                         .initializers = {tensor}}};
  };
  const onnxfile::Graph graphs[] = {
      {.name = "initialiser",
       .nodes = {{"Add", {"x", "w"}, {"y"}}},
       .inputs = {x},
       .outputs = {y},
       .initializers = {outside}},
      {.name = "attribute",
       .nodes = {{"Constant", {}, {"c"}, {{"value", outside}}}, {"Add", {"x", "c"}, {"y"}}},
       .inputs = {x},
       .outputs = {y}},
      {.name = "nested",
       .nodes = {{"Cast", {"x"}, {"c"}, {{"to", int64_t{9}}}},
                 {"If", {"c"}, {"y"}, {{"then_branch", branch("a")}, {"else_branch", branch("b")}}}},
       .inputs = {x},
       .outputs = {y}}};
  for (const onnxfile::Graph& graph : graphs) {
    SCOPED_TRACE(graph.name);
    folder_.Write("model/1/weights.bin", bytes);
    const auto model = Open(Serialize(onnxfile::Model{.graph = graph}));
    EXPECT_EQ(model->memory_use().weights, bytes.size() * (graph.name == "nested" ? 2 : 1));
    EXPECT_FALSE(IsMapped("weights.bin"));
    folder_.Write("model/1/weights.bin");
    const auto output = RunOne(*model, Floats({1}, {1}));
    ASSERT_TRUE(output.ok()) << output.status();
    EXPECT_EQ(output->As<float>()[4095], 8);
  }
}

TEST_F(OnnxBackendTest, SaysThatAModelTooLargeForOneMessageKeepsItsFilesMapped) {
  const int64_t elements = int64_t{1} << 29;  // of four bytes
  folder_.Write("model/1/weights.bin");
  std::filesystem::resize_file(folder_ / "model/1/weights.bin", uint64_t{1} << 31);
  onnxfile::Model large;
  large.graph = {.name = "large",
                 .nodes = {{"Add", {"x", "w"}, {"y"}}},
                 .inputs = {{"x", onnxfile::ElementType::kFloat, {1}}},
                 .outputs = {{"y", onnxfile::ElementType::kFloat, {elements}}},
                 .initializers = {{.name = "w", .dims = {elements}, .external_location = "weights.bin"}}};
  const TempDir logs;
  FILE* file = fopen((logs / "log").c_str(), "w+");
  ASSERT_NE(file, nullptr);
  const Logger log(fileno(file), Logger::Form::kText, LogLevel::kWarning);
  auto backend = CreateBackend({pool_, log, BuildFolder()});
  ASSERT_TRUE(backend.ok()) << backend.status();
  const auto path = onnxfile::WriteModel(folder_.path(), "model", Serialize(large));
  const auto opened = (*backend)->Open({.path = path}, {});
  EXPECT_TRUE(opened.ok()) << opened.status();
  std::string text(4096, '\0');
  rewind(file);
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  EXPECT_THAT(text, AllOf(HasSubstr("WARN"), HasSubstr("mapped"), HasSubstr("data_bytes=2147483648")));
}

TEST_F(OnnxBackendTest, DoesNotFollowAModelOutOfItsFolder) {
  folder_.Write("secret", std::string(16, 's'));
  for (const std::string& location : {(folder_ / "secret").string(), std::string("../../secret")}) {
    ExpectRefused(onnxfile::ExternalDataModel(location), StatusCode::kInvalidArgument, HasSubstr("'" + location + "'"));
  }
  std::filesystem::create_directories(folder_ / "model/1");
  std::filesystem::create_symlink(folder_ / "secret", folder_ / "model/1/link");
  ExpectRefused(onnxfile::ExternalDataModel("link"), StatusCode::kInvalidArgument, HasSubstr("'link'"));
}

TEST_F(OnnxBackendTest, SaysWhatIsWrongWithADataFile) {
  const std::string missing = Serialize(ModelWithDataFile({}));
  ExpectRefused(missing, StatusCode::kInvalidArgument, AllOf(HasSubstr("'w'"), HasSubstr("no such file")));
  folder_.Write("model/1/weights.bin", std::string(20, 'x'));
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"offset", "5", "from byte 5 to 21, and that file ends at byte 20"},
      {"offset", "-4", "the offset of its data in 'weights.bin' should be a number of bytes and is '-4'"},
      {"offset", "9223372036854775808", "should be a number of bytes"},
      {"offset", "0x8", "should be a number of bytes"},
      {"length", "12", "should be 16 for its type and shape and is 12"},
      {"length", "99999999999999999999", "should be a number of bytes"},
  };
  for (const auto& [key, value, text] : cases) {
    ExpectRefused(Serialize(ModelWithDataFile({{key, value}})), StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("'w'"), HasSubstr(text)));
  }
}

TEST_F(OnnxBackendTest, SaysWhetherThereIsALoop) {
  const onnxfile::Graph body{
      .name = "body",
      .nodes = {{"Identity", {"go"}, {"go_on"}}, {"Identity", {"state"}, {"next"}}},
      .inputs = {{"i", onnxfile::ElementType::kInt64, {}},
                 {"go", onnxfile::ElementType::kBool, {}},
                 {"state", onnxfile::ElementType::kFloat, {1}}},
      .outputs = {{"go_on", onnxfile::ElementType::kBool, {}}, {"next", onnxfile::ElementType::kFloat, {1}}}};
  onnxfile::Model counting;
  counting.graph = {
      .name = "counting",
      .nodes = {{"Loop", {"rounds", "", "x"}, {"y"}, {{"body", std::vector<onnxfile::Graph>{body}}}}},
      .inputs = {{"rounds", onnxfile::ElementType::kInt64, {}}, {"x", onnxfile::ElementType::kFloat, {1}}},
      .outputs = {{"y", onnxfile::ElementType::kFloat, {1}}}};
  EXPECT_TRUE(Open(Serialize(counting))->has_loop());
  EXPECT_FALSE(Open(onnxfile::GoodModels().front().bytes)->has_loop());
}

TEST_F(OnnxBackendTest, FindsDataFilesOfNestedGraphsAndAttributes) {
  const onnxfile::TensorProto outside{.name = "inner", .dims = {1}, .external_location = "../outside"};
  onnxfile::Graph branch{.name = "branch",
                         .nodes = {{"Identity", {"inner"}, {"y"}}},
                         .outputs = {{"y", onnxfile::ElementType::kFloat, {1}}},
                         .initializers = {outside}};
  onnxfile::Model nested;
  nested.graph = {.name = "nested",
                  .nodes = {{"If",
                             {"c"},
                             {"y"},
                             {{"then_branch", std::vector<onnxfile::Graph>{branch}},
                              {"else_branch", std::vector<onnxfile::Graph>{branch}}}}},
                  .inputs = {{"c", onnxfile::ElementType::kBool, {}}},
                  .outputs = {{"y", onnxfile::ElementType::kFloat, {1}}}};
  ExpectRefused(Serialize(nested), StatusCode::kInvalidArgument, HasSubstr("'../outside'"));
  onnxfile::Model constant;
  constant.graph = {.name = "constant",
                    .nodes = {{"Constant", {}, {"y"}, {{"value", outside}}}},
                    .inputs = {},
                    .outputs = {{"y", onnxfile::ElementType::kFloat, {1}}}};
  ExpectRefused(Serialize(constant), StatusCode::kInvalidArgument, HasSubstr("'../outside'"));
}

void ExpectSameSpecs(const std::vector<TensorSpec>& described, const std::vector<TensorSpec>& opened) {
  ASSERT_EQ(described.size(), opened.size());
  for (size_t i = 0; i < described.size(); ++i) {
    EXPECT_EQ(described[i].name, opened[i].name);
    EXPECT_EQ(described[i].type, opened[i].type) << opened[i].name;
    EXPECT_EQ(described[i].shape, opened[i].shape) << opened[i].name;
    EXPECT_EQ(described[i].dim_names, opened[i].dim_names) << opened[i].name;
    EXPECT_EQ(described[i].optional, opened[i].optional) << opened[i].name;
  }
}

TEST_F(OnnxBackendTest, DescribesModelsAsTheyAreOnceOpen) {
  const auto files = onnxfile::TritonModels();
  onnxfile::WriteFiles(folder_.path(), files);
  std::vector<std::filesystem::path> paths;
  for (const auto& file : files) {
    if (file.path.ends_with(".onnx")) paths.push_back(folder_ / file.path);
  }
  for (const auto& model : onnxfile::GoodModels()) {
    paths.push_back(onnxfile::WriteModel(folder_.path(), model.name, model.bytes));
  }
  for (const auto& path : paths) {
    SCOPED_TRACE(path);
    const ModelSource source{.path = path, .optional_inputs = {"SCALE"}};
    const auto facts = backend_->Describe(source, {});
    const auto opened = backend_->Open(source, {});
    ASSERT_TRUE(facts.ok()) << facts.status();
    ASSERT_TRUE(opened.ok()) << opened.status();
    const OpenModel& model = *std::get<std::unique_ptr<OpenModel>>(*opened);
    ExpectSameSpecs(facts->signature.inputs, model.signature().inputs);
    ExpectSameSpecs(facts->signature.outputs, model.signature().outputs);
    EXPECT_EQ(facts->signature.batched, model.signature().batched);
    EXPECT_EQ(facts->weight_bytes, model.memory_use().weights);
    EXPECT_THAT(facts->notes, IsEmpty());
  }
}

TEST_F(OnnxBackendTest, DescribesNoModelThatItCannotOpen) {
  for (const auto& model : onnxfile::BadModels()) {
    const auto facts = Describe(model.bytes);
    ASSERT_FALSE(facts.ok()) << model.name;
    EXPECT_EQ(facts.status().code(), TryOpen(model.bytes).status().code()) << model.name;
    EXPECT_THAT(facts.status().message(), HasSubstr((folder_ / "model/1/model.onnx").string()));
  }
  EXPECT_EQ(backend_->Describe({.path = folder_ / "missing.onnx"}, {}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(backend_->Describe({.path = folder_.path()}, {}).status().code(), StatusCode::kNotFound);
}

TEST_F(OnnxBackendTest, KnowsTheNewestFormatsThatTheRuntimeReads) {
  const auto agree = [&](const onnxfile::Model& model) {
    const std::string bytes = Serialize(model);
    const bool opens = TryOpen(bytes).ok();
    EXPECT_EQ(Describe(bytes).ok(), opens);
    return opens;
  };
  const onnxfile::Graph graph{.name = "identity",
                              .nodes = {{"Identity", {"x"}, {"y"}}},
                              .inputs = {{"x", onnxfile::ElementType::kFloat, {"n"}}},
                              .outputs = {{"y", onnxfile::ElementType::kFloat, {"n"}}}};
  const auto refused_from = [&](auto make) {
    for (int64_t version = 5; version < 100; ++version) {
      if (!agree(make(version))) return version;
    }
    return int64_t{100};
  };
  EXPECT_LT(refused_from([&](int64_t v) { return onnxfile::Model{.ir_version = v, .graph = graph}; }), 100);
  EXPECT_LT(refused_from([&](int64_t v) {
              return onnxfile::Model{.opsets = {{"", std::max<int64_t>(v, 17)}}, .graph = graph};
            }),
            100);
  EXPECT_LT(refused_from([&](int64_t v) {
              return onnxfile::Model{.opsets = {{"", 17}, {"ai.onnx.ml", v}}, .graph = graph};
            }),
            100);
}

// Writes a model whose INPUT0 goes through, with `count` constants of `bytes` zeros each, which take no room on disk.
std::filesystem::path WriteLargeModel(const std::filesystem::path& path, int64_t count, int64_t bytes) {
  const auto field = [](int number, std::string_view content, size_t more = 0) {
    onnxfile::WireWriter head;
    head.Varint(number, static_cast<int64_t>(content.size() + more));  // a length looks like a number
    std::string text = std::move(head).Take();
    text[0] = static_cast<char>(text[0] | 2);  // of type bytes
    return text.append(content);
  };
  const std::string raw = field(9, "", static_cast<size_t>(bytes));
  onnxfile::WireWriter about;
  about.Varint(1, bytes / 4);
  about.Varint(2, 1);
  about.Bytes(8, "w");
  const std::string tensor = field(5, std::move(about).Take() + raw, static_cast<size_t>(bytes));
  onnxfile::Model model;
  model.graph = {.name = "large",
                 .nodes = {{"Identity", {"INPUT0"}, {"OUTPUT0"}}},
                 .inputs = {{"INPUT0", onnxfile::ElementType::kFloat, {"n"}}},
                 .outputs = {{"OUTPUT0", onnxfile::ElementType::kFloat, {"n"}}}};
  const std::string small = Serialize(model);
  // The graph is written anew around the constants: its fields, then theirs.
  onnxfile::ByteSource source(small);
  onnxfile::WireReader reader(source, {0, small.size()});
  std::string graph;
  while (const auto part = reader.Next()) {
    if (part->IsBytes(7)) graph = small.substr(part->bytes.begin, part->bytes.size());
  }
  const auto total = static_cast<size_t>(count) * (tensor.size() + static_cast<size_t>(bytes));
  std::ofstream out(path, std::ios::binary);
  onnxfile::WireWriter head;
  head.Varint(1, 8);
  out << std::move(head).Take() << field(7, graph, total);
  for (int64_t i = 0; i < count; ++i) {
    out << tensor;
    out.seekp(bytes, std::ios::cur);
  }
  onnxfile::WireWriter opset;
  opset.Message(8, [&] { opset.Varint(2, 17); });
  out << std::move(opset).Take();
  return path;
}

TEST_F(OnnxBackendTest, NamesWhatNoProtocolCanCarry) {
  ExpectRefused(onnxfile::SequenceModel(), StatusCode::kUnsupported,
                AllOf(HasSubstr("OUTPUT0"), HasSubstr("sequence")));
}

TEST_F(OnnxBackendTest, RefusesAModelWithoutAnOpset) {
  const onnxfile::Graph graph{.name = "identity",
                              .nodes = {{"Identity", {"x"}, {"y"}}},
                              .inputs = {{"x", onnxfile::ElementType::kFloat, {"n"}}},
                              .outputs = {{"y", onnxfile::ElementType::kFloat, {"n"}}}};
  ExpectRefused(Serialize(onnxfile::Model{.opsets = {}, .graph = graph}), StatusCode::kInvalidArgument,
                HasSubstr("imports no opset"));
}

TEST_F(OnnxBackendTest, RefusesNamesThatNoProtocolCanCarry) {
  for (const std::string& name : {std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7f") + "b"}) {
    onnxfile::Graph graph{.name = "identity",
                          .nodes = {{"Identity", {name}, {"y"}}},
                          .inputs = {{name, onnxfile::ElementType::kFloat, {"n"}}},
                          .outputs = {{"y", onnxfile::ElementType::kFloat, {"n"}}}};
    ExpectRefused(Serialize(onnxfile::Model{.graph = graph}), StatusCode::kInvalidArgument,
                  HasSubstr("input 'a?b' has a control character"));
    graph.nodes = {{"Identity", {"x"}, {name}}};
    graph.inputs[0].name = "x";
    graph.outputs[0].name = name;
    ExpectRefused(Serialize(onnxfile::Model{.graph = graph}), StatusCode::kInvalidArgument,
                  HasSubstr("output 'a?b' has a control character"));
  }
}

TEST_F(OnnxBackendTest, RefusesAFileThatIsLongerThanOnnxAllows) {
  const ModelSource source{.path = WriteLargeModel(folder_ / "large.onnx", 2, int64_t{1} << 30)};
  const auto opened = backend_->Open(source, {});
  const auto described = backend_->Describe(source, {});
  ASSERT_FALSE(opened.ok());
  ASSERT_FALSE(described.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(opened.status().message(), HasSubstr("ONNX files end at 2 GiB: export with external data"));
  EXPECT_EQ(described.status().ToString(), opened.status().ToString());
}

TEST_F(OnnxBackendTest, NamesAnOpsetThatIsTooNew) {
  const auto opened = TryOpen(onnxfile::FutureOpsetModel());
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), AllOf(HasSubstr("Opset 999"), HasSubstr("model.onnx"), Not(HasSubstr(".h:"))));
}

TEST_F(OnnxBackendTest, RefusesDevicesThatItDoesNotHave) {
  if (backend_->RunsOn({.kind = DeviceKind::kCuda}).ok()) GTEST_SKIP() << "it has them";
  ExpectRefused(onnxfile::AddModel(), StatusCode::kUnsupported, HasSubstr("cuda:0"),
                {.device = {.kind = DeviceKind::kCuda}});
}

TEST_F(OnnxBackendTest, RunsOnAGpuWhereThereIsOne) {
  const OpenOptions options{.device = {.kind = DeviceKind::kCuda}};
  if (const Status status = backend_->RunsOn(options.device); !status.ok()) GTEST_SKIP() << status.message();
  const auto opened = TryOpen(onnxfile::AddModel(), options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto& model = std::get<std::unique_ptr<OpenModel>>(*opened);
  Tensor in = MakeTensor(pool_, DataType::kFp32, {1, 16});
  std::ranges::fill(in.MutableAs<float>(), 1.0F);
  const auto outputs = model->Run(std::vector<Tensor>{in}, std::vector<int>{0}, {});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ(outputs->front().As<float>()[0], 2.0F);
}

TEST_F(OnnxBackendTest, SaysWhatIsMissingForAGpu) {
  EXPECT_TRUE(backend_->RunsOn(Device()).ok());
  if (backend_->RunsOn({.kind = DeviceKind::kCuda}).ok()) GTEST_SKIP() << "nothing is missing here";
  const Status status = backend_->RunsOn({.kind = DeviceKind::kCuda, .index = 1});
  EXPECT_EQ(status.code(), StatusCode::kUnsupported);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("cuda:1"), HasSubstr("libonnxruntime_providers_cuda.so is not beside"),
                    HasSubstr("install the GPU build of ONNX Runtime 1."), HasSubstr("ONNXRUNTIME_ROOT")));
}

int64_t ResidentBytes() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

TEST_F(OnnxBackendTest, GivesBackWhatRunsNeededWhenAskedTo) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
  auto model = Open(onnxfile::AddModel());
  const int64_t output_bytes = int64_t{64} << 20;
  const int64_t rows = output_bytes / 64;
  const Tensor input = MakeTensor(pool_, DataType::kFp32, {rows, 16});
  ASSERT_TRUE(RunOne(*model, input).ok());
  const int64_t open = ResidentBytes();
  backend_->ReleaseIdleMemory();
  EXPECT_LT(ResidentBytes(), open - output_bytes / 2);
}

TEST_F(OnnxBackendTest, DescribesALargeModelInLittleMemory) {
  constexpr int64_t kGigabyte = int64_t{1} << 30;
  for (const int64_t count : {1, 64, 4096}) {
    const auto path = WriteLargeModel(folder_ / (std::to_string(count) + ".onnx"), count, kGigabyte / count);
    const int64_t before = ResidentBytes();
    const auto facts = backend_->Describe({.path = path}, {});
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->weight_bytes, static_cast<uint64_t>(kGigabyte));
    EXPECT_LT(ResidentBytes() - before, 20 << 20);
  }
}

TEST_F(OnnxBackendTest, GivesBackTheBytesOfAFileOnceItIsOpen) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
  // Its constant is not used, so that the runtime drops it.
  const auto path = WriteLargeModel(folder_ / "large.onnx", 1, int64_t{100} << 20);
  const int64_t before = ResidentBytes();
  const auto opened = backend_->Open({.path = path}, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_LT(ResidentBytes() - before, 50 << 20);
}

TEST_F(OnnxBackendTest, HoldsTheDataOfFilesOnce) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps freed memory, or much of its own";
#endif
  const int64_t bytes = int64_t{100} << 20;
  folder_.Write("model/1/weights.bin", std::string(static_cast<size_t>(bytes), 'x'));
  onnxfile::Model model;
  model.graph = {.name = "large",
                 .nodes = {{"Add", {"x", "w"}, {"y"}}},
                 .inputs = {{"x", onnxfile::ElementType::kFloat, {1}}},
                 .outputs = {{"y", onnxfile::ElementType::kFloat, {bytes / 4}}},
                 .initializers = {{.name = "w", .dims = {bytes / 4}, .external_location = "weights.bin"}}};
  const int64_t before = ResidentBytes();
  const auto opened = Open(Serialize(model));
  EXPECT_LT(ResidentBytes() - before, bytes + bytes / 2);
}

bool IsMapped(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(file.string())) return true;
  }
  return false;
}

TEST_F(OnnxBackendTest, MapsTheDataOfFilesForThoseWhoWantThat) {
  const float weights[] = {1, 2, 3, 4};
  const auto file = folder_.Write("m/weights.bin", {reinterpret_cast<const char*>(weights), sizeof(weights)});
  const auto path = folder_.Write("m/model.onnx", onnxfile::ExternalDataModel("weights.bin"));
  std::vector<size_t> held;
  for (const char* map : {"0", "1"}) {
    const auto opened = backend_->Open({.path = path}, {.runtime_parameters = {{"map_weights", map}}});
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(IsMapped(file), *map == '1');
    OpenModel& model = *std::get<std::unique_ptr<OpenModel>>(*opened);
    held.push_back(model.memory_use().weights);
    const auto output = RunOne(model, Floats({1, 4}, {0, 0, 0, 0}));
    ASSERT_TRUE(output.ok()) << output.status();
    EXPECT_THAT(output->As<float>(), ElementsAre(1, 2, 3, 4));
  }
  EXPECT_FALSE(IsMapped(file));
  EXPECT_EQ(held[0], held[1] + sizeof(weights));
  EXPECT_FALSE(backend_->Open({.path = path}, {.runtime_parameters = {{"map_weights", "maybe"}}}).ok());
}

TEST_F(OnnxBackendTest, DoesNotWaitForAPipeInPlaceOfAModel) {
  ASSERT_EQ(mkfifo((folder_ / "model.onnx").c_str(), 0600), 0);
  const ModelSource source{.path = folder_ / "model.onnx"};
  EXPECT_EQ(backend_->Inspect(source.path).confidence, 0);
  EXPECT_THAT(backend_->Open(source, {}).status().message(), HasSubstr("is not a file"));
  EXPECT_THAT(backend_->Describe(source, {}).status().message(), HasSubstr("is not a file"));
}

TEST_F(OnnxBackendTest, RunsWithAndWithoutOptionalInputs) {
  const auto path = onnxfile::WriteModel(folder_.path(), "model", onnxfile::DefaultedInputModel());
  auto opened = backend_->Open({.path = path, .optional_inputs = {"SCALE"}}, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  OpenModel& model = *std::get<std::unique_ptr<OpenModel>>(*opened);
  ASSERT_EQ(model.signature().inputs.size(), 2U);
  const int wanted[] = {0};
  const auto with = model.Run(std::vector<Tensor>{Floats({1, 2}, {1, 2}), Floats({1}, {10})}, wanted, {});
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_THAT((*with)[0].As<float>(), ElementsAre(10, 20));
  const Tensor left_out{DataType::kFp32, {}, Buffer()};
  const auto without = model.Run(std::vector<Tensor>{Floats({1, 2}, {1, 2}), left_out}, wanted, {});
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_THAT((*without)[0].As<float>(), ElementsAre(3, 6));
}

TEST_F(OnnxBackendTest, RunsWithEverySettingThatItTakes) {
  const std::vector<std::map<std::string, std::string>> settings = {
      {{"execution_mode", "1"}, {"inter_op_thread_count", "2"}},
      {{"enable_mem_arena", "0"}, {"memory.enable_memory_arena_shrinkage", "cpu:0"}},
      {{"enable_mem_pattern", "0"}},
      {{"memory.enable_memory_arena_shrinkage", "cpu:0"}},
      {{"session.use_device_allocator_for_initializers", "0"}, {"session.disable_prepacking", "1"}},
      {{"session.dynamic_block_base", "4"}, {"session.qdq_matmulnbits_accuracy_level", "4"}},
  };
  for (const auto& parameters : settings) {
    for (const int level : {-1, 0, 1, 2}) {
      const OpenOptions options{.threads = 2, .graph_optimization = level, .runtime_parameters = parameters};
      const auto model = Open(onnxfile::AddModel(), options);
      const auto output = RunOne(*model, Floats({1, 16}, std::vector<float>(16, 1)));
      ASSERT_TRUE(output.ok()) << output.status();
      EXPECT_EQ(output->As<float>()[15], 2);
    }
  }
}

TEST_F(OnnxBackendTest, NamesTheSettingThatIsWrongAndNoFile) {
  ExpectRefused(onnxfile::AddModel(), StatusCode::kInvalidArgument,
                AllOf(StartsWith("parameters[\"execution_mode\"]: expected"), HasSubstr("found \"7\"")),
                {.runtime_parameters = {{"execution_mode", "7"}}});
}

TEST_F(OnnxBackendTest, RunsWithSeveralThreads) {
  const auto model = Open(onnxfile::SquareMatmulModel(), {.threads = 2});
  const auto output = RunOne(*model, Floats({2, 2}, {1, 0, 0, 2}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->As<float>(), ElementsAre(1, 0, 0, 0x1p65F));
}

TEST_F(OnnxBackendTest, RepeatsTheRuntimesWarningsInTheLog) {
  backend_.reset();  // the library has one environment a process, which logs where its first owner said
  const TempDir logs;
  FILE* file = fopen((logs / "log").c_str(), "w+");
  ASSERT_NE(file, nullptr);
  {
    const Logger log(fileno(file), Logger::Form::kText, LogLevel::kWarning);
    auto backend = CreateBackend({pool_, log, BuildFolder()});
    ASSERT_TRUE(backend.ok()) << backend.status();
    const OnnxModelBytes bytes{onnxfile::DefaultedInputModel()};
    EXPECT_TRUE((*backend)->Open({.path = "x", .onnx = &bytes}, {}).ok());
  }
  std::string text(4096, '\0');
  rewind(file);
  text.resize(fread(text.data(), 1, text.size(), file));
  fclose(file);
  EXPECT_THAT(text, AllOf(HasSubstr("WARN"), HasSubstr("ONNX Runtime"), HasSubstr("SCALE")));
}

}  // namespace
}  // namespace trireme::onnx
