// SPDX-License-Identifier: Apache-2.0
#include "server/recorded_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RecordedRequestTest : public testing::Test {
 protected:
  Result<RunnableRequest> Read(const std::string& body, int64_t max_request_rows = 0) {
    return ReadRequestBody(body, {.model = model_, .signature = signature_, .max_request_rows = max_request_rows},
                           pool_);
  }
  std::string Refusal(const std::string& body, int64_t max_request_rows = 0) {
    const Status refused = Read(body, max_request_rows).status();
    EXPECT_EQ(refused.code(), StatusCode::kInvalidArgument);
    return refused.message();
  }

  const std::string model_ = "m";
  const Signature signature_{.inputs = {{.name = "x", .type = DataType::kFp32, .shape = {-1, 2}},
                                        {.name = "n", .type = DataType::kInt32, .shape = {-1}, .optional = true}},
                             .outputs = {{.name = "y", .type = DataType::kFp32, .shape = {-1, 2}},
                                         {.name = "z", .type = DataType::kFp32, .shape = {-1}}},
                             .batched = true};
  MemoryPool pool_;
};

TEST_F(RecordedRequestTest, IsReadAsAClientWouldSendIt) {
  const auto request = Read(R"({"id": "7", "parameters": {"priority": 3},
      "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2.5]}],
      "outputs": [{"name": "z"}]})");
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_EQ(request->inputs.size(), 2U);
  EXPECT_THAT(request->inputs[0].As<float>(), ElementsAre(1, 2.5));
  EXPECT_EQ(request->inputs[1].shape.rank(), 0U);
  EXPECT_THAT(request->outputs, ElementsAre(1));
  EXPECT_THAT(Read(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [0, 2], "data": []}]})")->outputs,
              ElementsAre(0, 1));
}

TEST_F(RecordedRequestTest, IsRefusedAsAClientsWouldBe) {
  EXPECT_THAT(Refusal(""), HasSubstr("expected"));
  EXPECT_THAT(Refusal("{}"), HasSubstr("inputs"));
  EXPECT_THAT(Refusal(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1]}]})"),
              HasSubstr("inputs[0]"));
  EXPECT_EQ(Refusal(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]})"),
            "input 'x' has shape [1,3], model 'm' expects [-1,2]");
  EXPECT_THAT(Refusal(R"({"inputs": [{"name": "w", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]})"),
              HasSubstr("unexpected input 'w'"));
  const char* two_rows = R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4]}]})";
  EXPECT_TRUE(Read(two_rows, 2).ok());
  EXPECT_THAT(Refusal(two_rows, 1), HasSubstr("takes at most 1"));
}

TEST_F(RecordedRequestTest, HasItsTensorsInItself) {
  const std::string region = R"("parameters": {"shared_memory_region": "r", "shared_memory_byte_size": 8})";
  EXPECT_EQ(Refusal(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], )" + region + "}]}"),
            "inputs[0]: expected a tensor in the request itself, found one in shared memory");
  EXPECT_EQ(Refusal(R"({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}],
      "outputs": [{"name": "y", )" +
                    region + "}]}"),
            "outputs[0]: expected a tensor in the request itself, found one in shared memory");
}

}  // namespace
}  // namespace trireme
