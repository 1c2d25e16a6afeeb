// SPDX-License-Identifier: Apache-2.0
// What is particular to ONNX; what all backends have in common is in contract_test.cc.
#include "backends/onnx/onnx_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/testing/contract.h"
#include "base/testing/temp_dir.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/testing/triton_models.h"

namespace trireme::onnx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

TEST_F(OnnxBackendTest, DoesNotFollowAModelOutOfItsFolder) {
  folder_.Write("secret", std::string(16, 's'));
  for (const std::string& location : {(folder_ / "secret").string(), std::string("../../secret")}) {
    const auto opened = TryOpen(onnxfile::ExternalDataModel(location));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(opened.status().message(), HasSubstr("'" + location + "'"));
  }
}

TEST_F(OnnxBackendTest, NamesWhatNoProtocolCanCarry) {
  const auto opened = TryOpen(onnxfile::SequenceModel());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(opened.status().message(), AllOf(HasSubstr("OUTPUT0"), HasSubstr("sequence")));
}

TEST_F(OnnxBackendTest, NamesAnOpsetThatIsTooNew) {
  const auto opened = TryOpen(onnxfile::FutureOpsetModel());
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.status().message(), AllOf(HasSubstr("Opset 999"), HasSubstr("model.onnx"), Not(HasSubstr(".h:"))));
}

TEST_F(OnnxBackendTest, RefusesDevicesThatItDoesNotHave) {
  const auto opened = TryOpen(onnxfile::AddModel(), {.device = {.kind = DeviceKind::kCuda}});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(opened.status().message(), HasSubstr("cuda:0"));
}

int64_t ResidentBytes() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

TEST_F(OnnxBackendTest, GivesBackWhatRunsNeededWhenAModelCloses) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer keeps freed memory";
#endif
  auto model = Open(onnxfile::AddModel());
  const int64_t output_bytes = int64_t{64} << 20;
  const int64_t rows = output_bytes / 64;
  const Tensor input = MakeTensor(pool_, DataType::kFp32, {rows, 16});
  ASSERT_TRUE(RunOne(*model, input).ok());
  const int64_t open = ResidentBytes();
  model.reset();
  EXPECT_LT(ResidentBytes(), open - output_bytes / 2);
}

TEST_F(OnnxBackendTest, RunsWithSeveralThreads) {
  const auto model = Open(onnxfile::SquareMatmulModel(), {.threads = 2});
  const auto output = RunOne(*model, Floats({2, 2}, {1, 0, 0, 2}));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_THAT(output->As<float>(), ElementsAre(1, 0, 0, 1 << 17));
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
