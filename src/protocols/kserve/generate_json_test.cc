// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/generate_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/bytes_elements.h"

namespace trireme::kserve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Signature& Text() {
  static const Signature signature{
      .inputs = {{.name = "text", .type = DataType::kBytes, .shape = {Shape::kAny, 1}},
                 {.name = "n", .type = DataType::kInt8, .shape = {Shape::kAny, Shape::kAny}, .optional = true},
                 {.name = "scale", .type = DataType::kFp32, .shape = {2}, .optional = true},
                 {.name = "half", .type = DataType::kFp16, .shape = {Shape::kAny}, .optional = true},
                 {.name = "on", .type = DataType::kBool, .shape = {1}, .optional = true}},
      .outputs = {}};
  return signature;
}

class GenerateJsonTest : public testing::Test {
 protected:
  GenerateRequest Read(const std::string& json) {
    auto request = DecodeGenerateRequest(json, Text(), pool_);
    EXPECT_TRUE(request.ok()) << request.status();
    return request.ok() ? *std::move(request) : GenerateRequest();
  }
  std::string Refusal(const std::string& json) {
    const auto request = DecodeGenerateRequest(json, Text(), pool_);
    EXPECT_EQ(request.status().code(), StatusCode::kInvalidArgument) << json;
    return request.status().message();
  }
  static std::vector<std::string> Strings(const Tensor& tensor) {
    std::vector<std::string> strings;
    BytesReader reader(tensor.data.bytes());
    while (const auto string = reader.Next()) strings.emplace_back(*string);
    return strings;
  }

  MemoryPool pool_;
};

TEST_F(GenerateJsonTest, ReadsInputsByTheirNames) {
  const GenerateRequest request = Read(R"({"id":"7","text":"a\u00e9\n","n":[1,-2,3],"scale":[0.5,NaN],"on":true})");
  EXPECT_EQ(request.id, "7");
  ASSERT_EQ(request.inputs.size(), 4U);
  EXPECT_EQ(request.inputs[0].name, "text");
  EXPECT_EQ(request.inputs[0].tensor.shape, (Shape{1, 1}));
  EXPECT_THAT(Strings(request.inputs[0].tensor), ElementsAre("aé\n"));
  EXPECT_EQ(request.inputs[1].tensor.shape, (Shape{1, 3}));
  EXPECT_THAT(request.inputs[1].tensor.As<int8_t>(), ElementsAre(1, -2, 3));
  EXPECT_TRUE(std::isnan(request.inputs[2].tensor.As<float>()[1]));
  EXPECT_EQ(request.inputs[3].tensor.As<uint8_t>()[0], 1);
  EXPECT_TRUE(request.parameters.empty());
}

TEST_F(GenerateJsonTest, ReadsScalarsOfEveryKind) {
  EXPECT_THAT(Read(R"({"n":-128})").inputs.at(0).tensor.As<int8_t>(), ElementsAre(-128));
  EXPECT_THAT(Read(R"({"half":  1.0})").inputs.at(0).tensor.As<uint16_t>(), ElementsAre(0x3c00));
  EXPECT_THAT(Read(R"({"half":-Infinity })").inputs.at(0).tensor.As<uint16_t>(), ElementsAre(0xfc00));
  EXPECT_THAT(Read(R"({"half":NaN})").inputs.at(0).tensor.shape, Shape({1}));
  EXPECT_THAT(Strings(Read(R"({"text":""})").inputs.at(0).tensor), ElementsAre(""));
  EXPECT_THAT(Strings(Read(R"({"text":["a","b"]})").inputs.at(0).tensor), ElementsAre("a", "b"));
}

TEST_F(GenerateJsonTest, ReadsNothingAtAll) {
  EXPECT_TRUE(Read("{}").inputs.empty());
  EXPECT_EQ(Read("{}").id, std::nullopt);
  const GenerateRequest empty = Read(R"({"n":[],"text":[]})");
  EXPECT_EQ(empty.inputs.at(0).tensor.shape, (Shape{1, 0}));
  EXPECT_EQ(empty.inputs.at(1).tensor.shape, (Shape{0, 1}));
}

TEST_F(GenerateJsonTest, TakesWhateverElseAsAParameter) {
  const GenerateRequest request = Read(
      R"({"stream":false,"parameters":{"temperature":0.5,"text":"t","max_tokens":-3,"id":"no id"},"seed":18446744073709551615})");
  ASSERT_EQ(request.inputs.size(), 1U);
  EXPECT_EQ(request.inputs[0].name, "text");
  EXPECT_EQ(request.id, std::nullopt);
  const Parameters expected = {{"stream", false},
                               {"temperature", 0.5},
                               {"max_tokens", int64_t{-3}},
                               {"id", std::string("no id")},
                               {"seed", std::numeric_limits<uint64_t>::max()}};
  EXPECT_EQ(request.parameters, expected);
}

TEST_F(GenerateJsonTest, NamesWhatIsWrong) {
  struct Mistake {
    const char* json;
    const char* text;
  };
  const Mistake mistakes[] = {
      {"", "expected an object"},
      {"[]", "expected an object"},
      {R"({"text":"a"} x)", "found"},
      {R"({"text":"a")", "expected"},
      {R"({"id":7})", "id: expected a string"},
      {R"({"id":"a","id":"b"})", "id: expected once, found twice"},
      {R"({"text":"a","text":"b"})", "text: expected once, found twice"},
      {R"({"text":"a","parameters":{"text":"b"}})", "parameters.text: expected once, found twice"},
      {R"({"x":1,"parameters":{"x":1}})", "parameters.x: expected once, found twice"},
      {R"({"parameters":{},"parameters":{}})", "parameters: expected once, found twice"},
      {R"({"parameters":[]})", "parameters: expected an object"},
      {R"({"text":5})", "text: expected"},
      {R"({"text":null})", "text: expected"},
      {R"({"n":"5"})", "n: expected INT8, or an array of it"},
      {R"({"n":128})", "n: expected INT8, or an array of it"},
      {R"({"n":1.5})", "n: expected INT8, or an array of it"},
      {R"({"n":{}})", "n: expected INT8, or an array of it"},
      {R"({"n":[1,128]})", "n: element 1 (INT8): expected an integer from -128 to 127"},
      {R"({"n":[1,[2]]})", "n: expected a string, a number or a bool"},
      {R"({"n":[{}]})", "n: expected a string, a number or a bool"},
      {R"({"n":[1,]})", "n: expected"},
      {R"({"n":[1)", "n: expected"},
      {R"({"half":65520})", "half: expected FP16"},
      {R"({"on":1})", "on: expected BOOL"},
      {R"({"scale":[1]})", "scale: expected as many values as shape [2] can have, found 1"},
      {R"({"scale":0.5})", "scale: expected as many values as shape [2] can have, found 1"},
      {R"({"on":[true,true]})", "on: expected as many values as shape [1] can have, found 2"},
      {R"({"unknown":[1]})", "unknown: expected a string, a number or a bool"},
      {R"({"unknown":null})", "unknown: expected a string, a number or a bool"},
      {R"({"triton_x":1})", "triton_x: expected no key that begins with 'triton_'"},
      {R"({"parameters":{"triton_x":1}})", "parameters.triton_x: expected no key"},
      {"{\"text\":\"\xff\"}", "text: expected"},
  };
  for (const Mistake& mistake : mistakes) EXPECT_THAT(Refusal(mistake.json), HasSubstr(mistake.text)) << mistake.json;
}

TEST_F(GenerateJsonTest, CannotTellAnInputCalledParameters) {
  const Signature signature{.inputs = {{.name = "parameters", .type = DataType::kInt8, .shape = {1}}}, .outputs = {}};
  EXPECT_THAT(DecodeGenerateRequest(R"({"parameters":1})", signature, pool_).status().message(),
              HasSubstr("called 'parameters'"));
}

TEST_F(GenerateJsonTest, BoundsIdsAndParameters) {
  EXPECT_THAT(Refusal(R"({"id":")" + std::string(65537, 'x') + R"("})"), HasSubstr("at most 65536 bytes"));
  std::string many = "{";
  for (int i = 0; i < 1025; ++i) many += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + "\":1";
  EXPECT_THAT(Refusal(many + "}"), HasSubstr("at most 1024 parameters"));
}

TEST(ShapeForCount, GivesTheInnermostFreeDimensionWhatIsLeft) {
  constexpr int64_t kAny = Shape::kAny;
  EXPECT_EQ(ShapeForCount({kAny}, 5), (Shape{5}));
  EXPECT_EQ(ShapeForCount({kAny, kAny}, 5), (Shape{1, 5}));
  EXPECT_EQ(ShapeForCount({kAny, 1}, 5), (Shape{5, 1}));
  EXPECT_EQ(ShapeForCount({kAny, 4}, 8), (Shape{2, 4}));
  EXPECT_EQ(ShapeForCount({kAny, kAny, 2}, 8), (Shape{1, 4, 2}));
  EXPECT_EQ(ShapeForCount({2, kAny, 2}, 8), (Shape{2, 2, 2}));
  EXPECT_EQ(ShapeForCount({2, 3}, 6), (Shape{2, 3}));
  EXPECT_EQ(ShapeForCount({}, 1), Shape());
  EXPECT_EQ(ShapeForCount({kAny}, 0), (Shape{0}));
  EXPECT_EQ(ShapeForCount({kAny, 0}, 0), (Shape{1, 0}));
}

TEST(ShapeForCount, IsNothingWhereTheNumberDoesNotFit) {
  constexpr int64_t kAny = Shape::kAny;
  EXPECT_EQ(ShapeForCount({kAny, 4}, 6), std::nullopt);
  EXPECT_EQ(ShapeForCount({2, 3}, 12), std::nullopt);
  EXPECT_EQ(ShapeForCount({2, 3}, 0), std::nullopt);
  EXPECT_EQ(ShapeForCount({}, 0), std::nullopt);
  EXPECT_EQ(ShapeForCount({kAny, 0}, 3), std::nullopt);
  EXPECT_EQ(ShapeForCount({int64_t{1} << 40, int64_t{1} << 40}, 0), std::nullopt);
}

Tensor Ints(const Shape& shape, const std::vector<int32_t>& values) {
  return {.type = DataType::kInt32, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

Tensor Bytes(const std::string& text) {
  std::vector<std::byte> data;
  AppendBytesElement(data, text);
  return {.type = DataType::kBytes, .shape = {1, 1}, .data = Buffer::CopyOf(data)};
}

TEST(EncodeGenerateResponse, WritesOneLineInOrderOfNames) {
  InferResponse response;
  response.model = {"m", 3};
  response.outputs = {{"text", Bytes("a\nb\"")}, {"more", Ints({2, 2}, {1, 2, 3, 4})}, {"count", Ints({1}, {7})}};
  response.parameters = {{"z", true}, {"final", int64_t{1}}};
  EXPECT_EQ(*EncodeGenerateResponse(response, "i\"d"),
            R"({"count":7,"final":1,"id":"i\"d","model_name":"m","model_version":"3","more":[1,2,3,4],)"
            R"("text":"a\nb\"","z":true})");
  EXPECT_EQ(EncodeGenerateResponse(response, std::nullopt)->find("\"id\""), std::string::npos);
}

TEST(EncodeGenerateResponse, WritesAnEmptyOutputAsAnEmptyArray) {
  InferResponse response;
  response.model = {"m", 1};
  response.outputs = {{"x", Ints({0}, {})}};
  EXPECT_EQ(*EncodeGenerateResponse(response, std::nullopt), R"({"model_name":"m","model_version":"1","x":[]})");
}

TEST(EncodeGenerateResponse, GivesNoNameTwice) {
  InferResponse response;
  response.model = {"m", 1};
  response.outputs = {{"model_name", Ints({1}, {7})}};
  response.parameters = {{"model_version", true}};
  EXPECT_EQ(*EncodeGenerateResponse(response, std::nullopt), R"({"model_name":7,"model_version":"1"})");
}

TEST(EncodeGenerateResponse, RefusesBytesThatAreNoText) {
  InferResponse response;
  response.outputs = {{"text", Bytes("\xff")}};
  const Status status = EncodeGenerateResponse(response, std::nullopt).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("output 'text'"));
}

}  // namespace
}  // namespace trireme::kserve
