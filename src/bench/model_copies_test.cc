// SPDX-License-Identifier: Apache-2.0
#include "bench/model_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "onnxfile/onnx_writer.h"

namespace trireme::bench {
namespace {

using testing::HasSubstr;

class ModelCopiesTest : public testing::Test {
 protected:
  ModelCopiesTest() {
    std::string pattern = testing::TempDir() + "copies-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ModelCopiesTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path WriteModel(const std::vector<onnxfile::TensorProto>& constants) {
    onnxfile::Model model;
    model.graph.initializers = constants;
    std::ofstream(folder_ / "model.onnx", std::ios::binary) << Serialize(model);
    return folder_ / "model.onnx";
  }
  static std::string Read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path folder_;
};

onnxfile::TensorProto Weights(size_t elements) {
  return onnxfile::Constant<float>("w", onnxfile::ElementType::kFloat, {static_cast<int64_t>(elements)},
                                   std::vector<float>(elements, 1.5F));
}

TEST_F(ModelCopiesTest, DifferInTheirWeightsAlone) {
  const auto copies = ModelCopies::Of(WriteModel({Weights(1000)}));
  ASSERT_TRUE(copies.ok()) << copies.status();
  ASSERT_TRUE(copies->Write(folder_ / "1", 1).ok() && copies->Write(folder_ / "2", 2).ok());
  const std::string original = Read(copies->file()), first = Read(folder_ / "1"), second = Read(folder_ / "2");
  EXPECT_EQ(first.size(), original.size());
  EXPECT_NE(first, original);
  EXPECT_NE(first, second);
  const size_t weights = original.find(std::string("\0\0\xc0\x3f", 4));
  EXPECT_EQ(first.substr(0, weights), original.substr(0, weights));
  EXPECT_EQ(first.substr(weights + 4000), original.substr(weights + 4000));
}

TEST_F(ModelCopiesTest, AreTheSameForTheSameNumber) {
  const auto copies = ModelCopies::Of(WriteModel({Weights(700'000)}));  // more than a block
  ASSERT_TRUE(copies.ok()) << copies.status();
  ASSERT_TRUE(copies->Write(folder_ / "1", 5).ok() && copies->Write(folder_ / "2", 5).ok());
  EXPECT_EQ(Read(folder_ / "1"), Read(folder_ / "2"));
}

TEST_F(ModelCopiesTest, SayWhyThereCanBeNone) {
  EXPECT_THAT(ModelCopies::Of(folder_ / "none.onnx").status().message(), HasSubstr("no such file"));
  EXPECT_THAT(ModelCopies::Of(WriteModel({})).status().message(), HasSubstr("a model with weights"));
  onnxfile::TensorProto elsewhere = Weights(0);
  elsewhere.dims = {100};
  elsewhere.external_location = "weights.bin";
  EXPECT_THAT(ModelCopies::Of(WriteModel({elsewhere})).status().message(), HasSubstr("weights.bin"));
  std::ofstream(folder_ / "text.onnx") << "this is no model";
  EXPECT_EQ(ModelCopies::Of(folder_ / "text.onnx").status().code(), StatusCode::kInvalidArgument);
}

TEST_F(ModelCopiesTest, LeaveNothingBehindWhereThereIsNoRoom) {
  const auto copies = ModelCopies::Of(WriteModel({Weights(1000)}));
  ASSERT_TRUE(copies.ok()) << copies.status();
  const Status full = copies->Write("/dev/full", 1);
  EXPECT_EQ(full.code(), StatusCode::kUnavailable);
  EXPECT_THAT(full.message(), HasSubstr("No space left"));
}

}  // namespace
}  // namespace trireme::bench
