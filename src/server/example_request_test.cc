// SPDX-License-Identifier: Apache-2.0
#include "server/example_request.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

ModelDescription Model(const Shape& shape, DataType type) {
  return {.name = "m",
          .versions = {1},
          .platform = "",
          .signature = {.inputs = {{.name = "x", .type = type, .shape = shape}}, .outputs = {}, .batched = true},
          .free_dim = 8};
}

TEST(ExampleRequest, SaysSmallInputInJson) {
  EXPECT_EQ(ExampleRequest("http://h:1", Model({-1, 2}, DataType::kInt32)),
            "curl -s http://h:1/v2/models/m/infer -d "
            R"('{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT32","data":[1,1]}]}')");
}

TEST(ExampleRequest, SendsLargeInputAsZerosBehindTheJson) {
  const std::string request = ExampleRequest("http://h:1", Model({-1, 3, -1, -1}, DataType::kFp32));
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1,3,8,8],"datatype":"FP32","parameters":{"binary_data_size":768}}]})";
  EXPECT_NE(request.find("'" + json + "'; head -c 768 /dev/zero"), std::string::npos) << request;
  EXPECT_NE(request.find("Inference-Header-Content-Length: " + std::to_string(json.size()) + "'"), std::string::npos);
}

TEST(ExampleRequest, QuotesText) {
  EXPECT_NE(ExampleRequest("http://h:1", Model({-1, 1}, DataType::kBytes)).find(R"("data":["text"])"),
            std::string::npos);
}

}  // namespace
}  // namespace trireme
