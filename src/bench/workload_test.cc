// SPDX-License-Identifier: Apache-2.0
#include "bench/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tensor/bytes_elements.h"

namespace trireme::bench {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;

TEST(PickModelTest, TakesTheOnlyOneThatIsReady) {
  EXPECT_EQ(*PickModel({{.name = "a", .version = "1", .state = "READY", .reason = ""},
                        {.name = "a", .version = "2", .state = "READY", .reason = ""},
                        {.name = "b", .version = "1", .state = "UNAVAILABLE", .reason = ""}}),
            "a");
}

TEST(PickModelTest, AsksWhenThereIsAChoice) {
  const auto model = PickModel({{.name = "a", .version = "1", .state = "READY", .reason = ""},
                                {.name = "b", .version = "1", .state = "READY", .reason = ""}});
  EXPECT_THAT(model.status().message(), AllOf(HasSubstr("--model"), HasSubstr(" a b")));
  EXPECT_EQ(PickModel({}).status().code(), StatusCode::kNotFound);
}

TEST(ShapeToSendTest, FillsFreeDimensions) {
  BenchOptions options;
  options.rows = 8;
  const TensorSpec spec = {.name = "x", .type = DataType::kFp32, .shape = Shape({-1, 3, -1})};
  EXPECT_EQ(ShapeToSend(spec, options), Shape({8, 3, 1}));
  options.shapes = {{.input = "x", .shape = Shape({2, 2})}};
  EXPECT_EQ(ShapeToSend(spec, options), Shape({2, 2}));
}

TEST(ShapeToSendTest, GivesPicturesASize) {
  BenchOptions options;
  options.rows = 2;
  const auto sent = [&](const Shape& shape) {
    return ShapeToSend({.name = "x", .type = DataType::kFp32, .shape = shape}, options);
  };
  EXPECT_EQ(sent(Shape({-1, 3, -1, -1})), Shape({2, 3, 224, 224}));
  EXPECT_EQ(sent(Shape({-1, -1, -1, 3})), Shape({2, 224, 224, 3}));
  EXPECT_EQ(sent(Shape({-1, 3, 320, -1})), Shape({2, 3, 320, 224}));
  EXPECT_EQ(sent(Shape({-1, 16, -1, -1})), Shape({2, 16, 1, 1})) << "no channels of a picture";
}

TEST(RandomRequestTest, IsTheSameForTheSameSeed) {
  MemoryPool pool;
  Signature signature;
  signature.inputs = {{.name = "x", .type = DataType::kFp32, .shape = Shape({-1, 16})}};
  BenchOptions options;
  const auto one = RandomRequest(signature, options, pool);
  const auto same = RandomRequest(signature, options, pool);
  options.seed = 2;
  const auto other = RandomRequest(signature, options, pool);
  const auto bytes = [](const auto& request) {
    const Buffer& data = request->inputs[0].tensor.data;
    return std::string(reinterpret_cast<const char*>(data.data()), data.size());
  };
  EXPECT_EQ(bytes(one), bytes(same));
  EXPECT_NE(bytes(one), bytes(other));
  EXPECT_THAT(one->inputs[0].tensor.As<float>(), Each(AllOf(Ge(0.0F), Lt(1.0F))));
}

TEST(RandomRequestTest, HasElementsOfEveryType) {
  MemoryPool pool;
  for (int type = 0; type <= static_cast<int>(DataType::kBytes); ++type) {
    Signature signature;
    signature.inputs = {{.name = "x", .type = static_cast<DataType>(type), .shape = Shape({3, 5})}};
    const auto request = RandomRequest(signature, BenchOptions(), pool);
    ASSERT_TRUE(request.ok()) << request.status();
    const Tensor& tensor = request->inputs[0].tensor;
    EXPECT_EQ(tensor.type, signature.inputs[0].type);
    if (tensor.type == DataType::kBytes) {
      EXPECT_TRUE(CheckBytesElements(tensor.data.bytes(), 15).ok());
    } else {
      EXPECT_EQ(tensor.data.size(), *ByteSize(tensor.type, tensor.shape));
    }
  }
}

TEST(RandomRequestTest, RefusesAShapeForAnInputThatIsNotThere) {
  MemoryPool pool;
  Signature signature;
  signature.inputs = {{.name = "x", .type = DataType::kFp32, .shape = Shape({1})}};
  BenchOptions options;
  options.shapes = {{.input = "y", .shape = Shape({1})}};
  EXPECT_THAT(RandomRequest(signature, options, pool).status().message(), HasSubstr("no input \"y\"; it has x"));
}

TEST(StreamHeadTest, HoldsPrefixAndId) {
  using namespace std::string_literals;
  EXPECT_EQ(StreamHead(7, 10), "\0\0\0\0\x0d\x1a\x01"s + "7");
  EXPECT_EQ(StreamHead(12, 252), "\0\0\0\1\0\x1a\x02"s + "12");
}

TEST(WorkloadTest, GivesEachSlotItsRequest) {
  Workload workload{.models = std::vector<ModelRequests>(1), .calls = 2};
  ModelRequests& requests = workload.models[0];
  requests.grpc_bodies = {"body"};
  requests.grpc_heads = {"a", "b"};
  EXPECT_EQ(workload.Grpc(0, 5, 1, 0).head, "b");
  EXPECT_EQ(workload.Grpc(0, 5, 1, 7).body, "body");
  requests.grpc_bodies = {"0", "1", "2", "3"};
  requests.grpc_heads = {"h0", "h1", "h2", "h3"};
  EXPECT_EQ(workload.Grpc(0, 1, 0, 5).head, "h2");
  EXPECT_EQ(workload.Grpc(0, 1, 1, 5).body, "3");
}

TEST(WorkloadTest, SendsSeveralInTurn) {
  Workload workload{.models = std::vector<ModelRequests>(1), .calls = 2};
  ModelRequests& requests = workload.models[0];
  requests.in_turn = true;
  requests.http = {{.bytes = "0"}, {.bytes = "1"}, {.bytes = "2"}};
  // Connections begin with different ones.
  EXPECT_EQ(workload.Http(0, 0, 0).bytes + workload.Http(0, 1, 0).bytes, "01");
  EXPECT_EQ(workload.Http(0, 1, 1).bytes + workload.Http(0, 1, 2).bytes, "20");
  requests.grpc_bodies = {"0", "1", "2"};
  requests.grpc_heads = {"h0", "h1", "h2"};
  EXPECT_EQ(workload.Grpc(0, 1, 1, 1).head, "h1");
  // On a stream a request begins with the id of its slot.
  requests.grpc_heads = {"h0a", "h0b", "h1a", "h1b", "h2a", "h2b"};
  EXPECT_EQ(workload.Grpc(0, 1, 1, 1).head, "h1b");
  EXPECT_EQ(workload.Grpc(0, 1, 1, 1).body, "1");
}

TEST(RandomRequestTest, RefusesMoreThanAGibibyte) {
  MemoryPool pool;
  Signature signature;
  signature.inputs = {{.name = "x", .type = DataType::kFp32, .shape = Shape({-1, 1 << 20})}};
  BenchOptions options;
  options.rows = 257;
  EXPECT_EQ(RandomRequest(signature, options, pool).status().code(), StatusCode::kTooLarge);
  options.shapes = {{.input = "x", .shape = Shape({1LL << 40, 1LL << 40})}};
  EXPECT_EQ(RandomRequest(signature, options, pool).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::bench
