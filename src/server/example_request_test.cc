// SPDX-License-Identifier: Apache-2.0
#include "server/example_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ExampleModel Model(const Shape& shape, DataType type, std::string input = "x") {
  return {.name = "m",
          .version = {},
          .signature = {.inputs = {{.name = std::move(input), .type = type, .shape = shape}},
                        .outputs = {},
                        .batched = true},
          .free_dim = 8};
}

TEST(CurlExample, SaysSmallInputInJson) {
  EXPECT_EQ(CurlExample("http://h:1", Model({-1, 2}, DataType::kInt32)),
            "curl -s http://h:1/v2/models/m/infer -d "
            R"('{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT32","data":[1,1]}]}')");
}

TEST(CurlExample, SendsLargeInputAsZerosBehindTheJson) {
  const std::string request = CurlExample("http://h:1", Model({-1, 3, -1, -1}, DataType::kFp32));
  const std::string json =
      R"({"inputs":[{"name":"x","shape":[1,3,8,8],"datatype":"FP32","parameters":{"binary_data_size":768}}]})";
  EXPECT_THAT(request, HasSubstr("'" + json + "'; head -c 768 /dev/zero"));
  EXPECT_THAT(request, HasSubstr("Inference-Header-Content-Length: " + std::to_string(json.size()) + "'"));
}

TEST(CurlExample, SendsManyTextsAsEmptyOnes) {
  EXPECT_THAT(CurlExample("http://h:1", Model({-1, 100}, DataType::kBytes)), HasSubstr("head -c 400 /dev/zero"));
}

TEST(CurlExample, TextIsANumberForModelsThatReadIt) {
  EXPECT_THAT(CurlExample("http://h:1", Model({-1, 1}, DataType::kBytes)), HasSubstr(R"("data":["1"])"));
}

TEST(CurlExample, NamesTheVersionIfItIsToldTo) {
  ExampleModel model = Model({1}, DataType::kFp32);
  model.version = 3;
  EXPECT_THAT(CurlExample("http://h:1", model), HasSubstr("http://h:1/v2/models/m/versions/3/infer "));
}

TEST(CurlExample, LeavesOptionalInputsOut) {
  ExampleModel model = Model({1}, DataType::kFp32);
  model.signature.inputs.push_back({.name = "scale", .type = DataType::kFp32, .shape = {1}});
  model.signature.inputs.back().optional = true;
  EXPECT_THAT(CurlExample("http://h:1", model), Not(HasSubstr("scale")));
}

TEST(CurlExample, NoNameBreaksOutOfTheShellsQuotes) {
  const std::string request = CurlExample("http://h:1", Model({1}, DataType::kFp32, "a'; rm -rf \"$HOME\" #"));
  EXPECT_THAT(request, HasSubstr(R"("name":"a'\''; rm -rf \"$HOME\" #")"));
}

TEST(PythonExample, AsksEachModelWithValuesOfItsTypes) {
  const std::vector<ExampleModel> models = {Model({-1, 2}, DataType::kInt64), Model({-1, 3}, DataType::kBytes),
                                            Model({4}, DataType::kFp16), Model({5}, DataType::kBool)};
  const std::string program = PythonExample("http://h:1", models);
  EXPECT_THAT(program, HasSubstr("URL = \"http://h:1\"\n"));
  EXPECT_THAT(program, HasSubstr("show(\"/v2/models/m/infer\",\n     (\"x\", \"INT64\", [1,2], [1] * 2))\n"));
  EXPECT_THAT(program, HasSubstr("(\"x\", \"BYTES\", [1,3], [b\"1\"] * 3))\n"));
  EXPECT_THAT(program, HasSubstr("(\"x\", \"FP16\", [4], [1.0] * 4))\n"));
  EXPECT_THAT(program, HasSubstr("(\"x\", \"BOOL\", [5], [True] * 5))\n"));
}

TEST(PythonExample, NoNameBreaksOutOfItsQuotes) {
  const std::vector<ExampleModel> models = {Model({1}, DataType::kFp32, "a\"); import os\n#")};
  EXPECT_THAT(PythonExample("http://h:1", models), HasSubstr(R"(("a\"); import os\n#", "FP32")"));
}

}  // namespace
}  // namespace trireme
