// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "backend/testing/recorded_responses.h"

namespace trireme::repeat {
namespace {

Signature Declared() {
  return {.inputs = {{.name = "IN", .type = DataType::kFp32, .shape = {Shape::kAny}}},
          .outputs = {{.name = "OUT", .type = DataType::kFp32, .shape = {1}}}};
}

TEST(RepeatBackend, OpensWhatItsConfigDeclares) {
  MemoryPool pool;
  RepeatBackend backend(pool);
  auto opened = backend.Open({.path = "/nowhere", .declared = Declared()}, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto& model = std::get<std::unique_ptr<OpenModel>>(*opened);
  EXPECT_TRUE(model->decoupled());
  EXPECT_EQ(model->signature().inputs[0].name, "IN");
  Tensor in = MakeTensor(pool, DataType::kFp32, {2});
  std::ranges::fill(in.MutableAs<float>(), 0.5F);
  RecordedResponses got;
  const int wanted[] = {0};
  EXPECT_TRUE(model->RunDecoupled(std::vector<Tensor>{in}, wanted, got).ok());
  EXPECT_EQ(got.responses.size(), 2U);
  EXPECT_EQ(model->Run({}, {}, {}).status().code(), StatusCode::kInternal);
}

TEST(RepeatBackend, DescribesWhatItWouldOpen) {
  MemoryPool pool;
  RepeatBackend backend(pool);
  const auto facts = backend.Describe({.path = "/nowhere", .declared = Declared()}, {});
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->decoupled);
  EXPECT_EQ(facts->signature.outputs[0].name, "OUT");
}

TEST(RepeatBackend, RefusesAnotherSignature) {
  MemoryPool pool;
  RepeatBackend backend(pool);
  EXPECT_EQ(backend.Open({.path = "/nowhere"}, {}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(backend.Describe({.path = "/nowhere"}, {}).status().code(), StatusCode::kInvalidArgument);
}

TEST(RepeatBackend, ClaimsNoFile) {
  MemoryPool pool;
  EXPECT_EQ(RepeatBackend(pool).Inspect("/models/model.onnx").confidence, 0);
}

}  // namespace
}  // namespace trireme::repeat
