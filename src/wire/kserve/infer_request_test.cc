// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/testing/received.h"

namespace trireme::kserve {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<InferRequestMessage> Decode(std::string_view json) {
  MemoryPool pool;
  return DecodeInferRequest(Received(json), pool);
}

// A request that is right but for what the test puts beside its input.
std::string With(const std::string& members) {
  return R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}])" + members + "}";
}

// A request whose one input is these members.
std::string Input(const std::string& members) {
  return R"({"inputs":[{)" + members + "}]}";
}

TEST(InferRequestTest, ReadsEverythingARequestMaySay) {
  const auto message = Decode(R"({
    "id": "seven",
    "parameters": {"sequence_id": 42, "sequence_start": true, "sequence_end": false, "priority": 3, "timeout": 1500,
                   "binary_data_output": true, "mode": "fast", "level": -2, "big": 18446744073709551615,
                   "ratio": 1.0, "on": false},
    "inputs": [
      {"name": "a", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4.5]]},
      {"name": "b", "shape": [1], "datatype": "INT64", "parameters": {"unknown": 1}, "data": [-9]}
    ],
    "outputs": [{"name": "y"}, {"name": "z", "parameters": {"binary_data": true, "other": "text"}},
                {"name": "c", "parameters": {"classification": 3}}],
    "something else": {"deep": [1, null, {}]}
  })");
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message.value().form.id, "seven");
  EXPECT_TRUE(message.value().form.binary_data_output);
  EXPECT_EQ(std::get<uint64_t>(message.value().sequence.id), 42U);
  EXPECT_TRUE(message.value().sequence.start);
  EXPECT_FALSE(message.value().sequence.end);
  EXPECT_EQ(message.value().priority, 3U);
  EXPECT_EQ(message.value().timeout, 1500us);
  const Parameters expected = {{"mode", std::string("fast")},
                               {"level", int64_t{-2}},
                               {"big", uint64_t{18446744073709551615U}},
                               {"ratio", 1.0},
                               {"on", false}};
  EXPECT_EQ(message.value().parameters, expected);

  const std::vector<NamedTensor>& inputs = message.value().inputs;
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].name, "a");
  EXPECT_EQ(inputs[0].tensor.shape, (Shape{2, 2}));
  EXPECT_THAT(inputs[0].tensor.As<float>(), ElementsAre(1, 2, 3, 4.5F));
  EXPECT_EQ(inputs[1].tensor.type, DataType::kInt64);
  EXPECT_THAT(inputs[1].tensor.As<int64_t>(), ElementsAre(-9));

  const std::vector<OutputForm>& outputs = message.value().form.outputs;
  ASSERT_EQ(outputs.size(), 3U);
  EXPECT_EQ(outputs[0].name, "y");
  EXPECT_FALSE(outputs[0].binary);
  EXPECT_TRUE(outputs[1].binary);
  EXPECT_EQ(outputs[2].classification, 3U);
}

TEST(InferRequestTest, TheSmallestRequestHasDefaults) {
  const auto message = Decode(R"({"inputs":[]})");
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message.value().form.id, std::nullopt);
  EXPECT_FALSE(message.value().form.binary_data_output);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(message.value().sequence.id));
  EXPECT_EQ(message.value().timeout, std::nullopt);
  EXPECT_EQ(message.value().priority, 0U);
}

TEST(InferRequestTest, KeysComeInAnyOrder) {
  for (const std::string members : {R"("data":[[1],[2]],"shape":[2,1],"datatype":"INT32","name":"x")",
                                    R"("datatype":"INT32","data":[1,2],"name":"x","shape":[2,1])",
                                    R"("shape":[2,1],"name":"x","data":[[1],[2]],"parameters":{},"datatype":"INT32")",
                                    R"("\u0064ata":[1,2],"sh\u0061pe":[2,1],"datatype":"INT\u00332","name":"x")"}) {
    const auto message = Decode(Input(members));
    ASSERT_TRUE(message.ok()) << members << message.status();
    EXPECT_THAT(message.value().inputs[0].tensor.As<int32_t>(), ElementsAre(1, 2));
  }
}

TEST(InferRequestTest, NoSequenceAndNoTimeoutIsSaidWithZeros) {
  for (const std::string id : {"0", "\"\""}) {
    const auto message = Decode(With(R"(,"parameters":{"timeout":0,"sequence_id":)" + id + "}"));
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_TRUE(std::holds_alternative<std::monostate>(message.value().sequence.id));
    EXPECT_EQ(message.value().timeout, std::nullopt);
  }
  const auto text = Decode(With(R"(,"parameters":{"sequence_id":"talk"})"));
  EXPECT_EQ(std::get<std::string>(text.value().sequence.id), "talk");
}

TEST(InferRequestTest, AVeryLongTimeoutIsCutToWhatArithmeticBears) {
  const auto message = Decode(With(R"(,"parameters":{"timeout":18446744073709551615})"));
  EXPECT_EQ(message.value().timeout, std::chrono::microseconds(kMaxTimeout));
}

struct Refused {
  std::string json;
  std::string message;
  StatusCode code = StatusCode::kInvalidArgument;
};

void ExpectRefused(const std::vector<Refused>& cases) {
  for (const Refused& refused : cases) {
    const Status status = Decode(refused.json).status();
    EXPECT_EQ(status.code(), refused.code) << refused.json;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.json;
  }
}

TEST(InferRequestTest, RefusesWhatIsNotOneJsonObject) {
  ExpectRefused({{"", "expected an object, found the end at byte 0"},
                 {"[]", "expected an object, found an array at byte 0"},
                 {"null", "expected an object, found null at byte 0"},
                 {R"({"inputs":[]} x)", "expected the end of the document, found x at byte 14"},
                 {R"({"inputs":[]}{})", "expected the end of the document, found an object at byte 13"},
                 {R"({"inputs":[],})", "expected a key, found '}' at byte 13"},
                 {R"({"inputs":[)", "inputs[0]: expected an object, found the end at byte 11"},
                 {R"({"inputs":[{})", "inputs[0].name: expected a string, found nothing"},
                 {With("").substr(0, 64), "inputs: expected ',' or ']', found the end at byte 64"},
                 {R"({"extra":[1,}],"inputs":[]})", "expected a value, found '}' at byte 12"},
                 {R"({"extra":NaN,"inputs":[]})", "expected a value, found NaN at byte 9"},
                 {R"({"extra":)" + std::string(100'000, '['), "at most 64 levels of nesting"},
                 {Input(R"("name":"x","shape":[1],"datatype":"FP32","data":)" + std::string(100'000, '[')),
                  "inputs[0].data: expected one array for shape [1]"},
                 {Input(R"("data":)" + std::string(100'000, '[')), "inputs[0].data: expected at most 64 levels"}});
}

TEST(InferRequestTest, RefusesFieldsOfTheWrongKind) {
  ExpectRefused({
      {"{}", "inputs: expected an array, found nothing"},
      {R"({"inputs":{}})", "inputs: expected an array, found an object at byte 10"},
      {R"({"inputs":[1]})", "inputs[0]: expected an object, found number 1 at byte 11"},
      {R"({"inputs":[null]})", "inputs[0]: expected an object, found null"},
      {R"({"inputs":[],"inputs":[]})", "inputs: expected once, found twice"},
      {With(R"(,"id":7)"), "id: expected a string, found number 7"},
      {With(R"(,"id":null)"), "id: expected a string, found null"},
      {With(R"(,"id":"a","id":"b")"), "id: expected once, found twice"},
      {With(R"(,"id":")" + std::string(kMaxIdBytes + 1, 'i') + "\""), "id: expected at most 65536 bytes, found 65537"},
      {With(R"(,"outputs":{})"), "outputs: expected an array, found an object"},
      {With(R"(,"outputs":["y"])"), "outputs[0]: expected an object, found string \"y\""},
      {With(R"(,"outputs":[{}])"), "outputs[0].name: expected a string, found nothing"},
      {With(R"(,"outputs":[{"name":1}])"), "outputs[0].name: expected a string, found number 1"},
      {With(R"(,"outputs":[{"name":"y"},{"name":"y"}])"),
       "outputs[1].name: expected a name of its own, found 'y' a second"},
      {With(R"(,"outputs":[],"outputs":[])"), "outputs: expected once, found twice"},
      {With(R"(,"outputs":[{"name":"y","parameters":{"binary_data":1}}])"),
       "outputs[0].parameters.binary_data: expected true or false, found number 1"},
      {With(R"(,"outputs":[{"name":"y","parameters":{"classification":-1}}])"),
       "outputs[0].parameters.classification: expected an integer from 0 to 18446744073709551615, found number -1"},
      {With(R"(,"outputs":[{"name":"y","parameters":{"binary_data":true,"binary_data":true}}])"),
       "outputs[0].parameters.binary_data: expected once, found twice"},
      {With(R"(,"outputs":[{"name":"y","parameters":{},"parameters":{}}])"),
       "outputs[0].parameters: expected once, found twice"},
      {With(R"(,"outputs":[{"name":"y","parameters":{"odd":[]}}])"),
       "outputs[0].parameters.odd: expected a string, a number or a bool, found an array"},
  });
}

TEST(InferRequestTest, RefusesBadParameters) {
  const auto parameters = [](const std::string& members) { return With(R"(,"parameters":{)" + members + "}"); };
  ExpectRefused({
      {With(R"(,"parameters":[])"), "parameters: expected an object, found an array"},
      {With(R"(,"parameters":{},"parameters":{})"), "parameters: expected once, found twice"},
      {parameters(R"("p":[])"), "parameters.p: expected a string, a number or a bool, found an array"},
      {parameters(R"("p":{})"), "parameters.p: expected a string, a number or a bool, found an object"},
      {parameters(R"("p":null)"), "parameters.p: expected a string, a number or a bool, found null"},
      {parameters(R"("p":NaN)"), "parameters.p: expected a string, a number or a bool, found NaN"},
      {parameters(R"("p":1,"p":2)"), "parameters.p: expected once, found twice"},
      {parameters(R"("p":18446744073709551616)"), "parameters.p: expected an integer of 64 bits, found number 1844"},
      {parameters(R"("p":-9223372036854775809)"), "parameters.p: expected an integer of 64 bits"},
      {parameters(R"("p":1e999)"), "parameters.p: expected a number that fits FP64, found number 1e999"},
      {parameters(R"("triton_enable_empty_final_response":true)"), "which is reserved"},
      {parameters(R"("binary_data_output":"yes")"),
       "parameters.binary_data_output: expected true or false, found string"},
      {parameters(R"("sequence_id":-1)"), "parameters.sequence_id: expected an integer from 0 to 18446744073709551615"},
      {parameters(R"("sequence_id":1.5)"), "parameters.sequence_id: expected an integer"},
      {parameters(R"("sequence_id":true)"), "parameters.sequence_id: expected an integer"},
      {parameters(R"("sequence_id":1,"sequence_id":2)"), "parameters.sequence_id: expected once, found twice"},
      {parameters(R"("sequence_start":0)"), "parameters.sequence_start: expected true or false, found number 0"},
      {parameters(R"("sequence_end":null)"), "parameters.sequence_end: expected true or false, found null"},
      {parameters(R"("priority":-1)"), "parameters.priority: expected an integer"},
      {parameters(R"("priority":18446744073709551616)"), "parameters.priority: expected an integer"},
      {parameters(R"("timeout":1.0)"), "parameters.timeout: expected an integer"},
      {parameters(R"("timeout":"1")"), "parameters.timeout: expected an integer"},
  });
}

TEST(InferRequestTest, RefusesIncompleteOrContradictoryInputs) {
  const std::string rest = R"(,"shape":[1],"datatype":"FP32","data":[1])";
  ExpectRefused({
      {Input(R"("shape":[1],"datatype":"FP32","data":[1])"), "inputs[0].name: expected a string, found nothing"},
      {Input(R"("name":"x","datatype":"FP32","data":[1])"),
       "inputs[0].shape: expected an array of sizes, found nothing"},
      {Input(R"("name":"x","shape":[1],"data":[1])"), "inputs[0].datatype: expected a string, found nothing"},
      {Input(R"("name":1)" + rest), "inputs[0].name: expected a string, found number 1"},
      {Input(R"("name":"x","name":"x")" + rest), "inputs[0].name: expected once, found twice"},
      {Input(R"("name":"x","data":[1])" + rest), "inputs[0].data: expected once, found twice"},
      {Input(R"("name":"x","shape":[1])" + rest), "inputs[0].shape: expected once, found twice"},
      {Input(R"("name":"x","datatype":"FP32")" + rest), "inputs[0].datatype: expected once, found twice"},
      {Input(R"("name":"x","parameters":{},"parameters":{})" + rest),
       "inputs[0].parameters: expected once, found twice"},
      {Input(R"("name":"x","parameters":{"binary_data_size":4})" + rest),
       "inputs[0]: expected either 'data' or the parameter 'binary_data_size', found both"},
      {Input(R"("name":"x","shape":[1],"datatype":"FP32")"),
       "inputs[0]: expected either 'data' or the parameter 'binary_data_size', found neither"},
      {Input(R"("name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4})"),
       "inputs[0].parameters.binary_data_size: expected the header Inference-Header-Content-Length"},
      {Input(R"("name":"x","parameters":{"odd":{}})" + rest),
       "inputs[0].parameters.odd: expected a string, a number or"},
      {Input(R"("name":"x","shape":[1],"datatype":"FP31","data":[1])"), "inputs[0].datatype: expected BOOL"},
      {Input(R"("name":"x","shape":[1],"datatype":"fp32","data":[1])"), "found 'fp32'"},
      {Input(R"("name":"x","shape":[1],"datatype":32,"data":[1])"),
       "inputs[0].datatype: expected a string, found number"},
      {Input(R"("name":"x","shape":4,"datatype":"FP32","data":[1])"),
       "inputs[0].shape: expected an array, found number 4"},
      {Input(R"("name":"x","shape":[1,-1],"datatype":"FP32","data":[1])"),
       "inputs[0].shape[1]: expected a size of at least 0, found number -1"},
      {Input(R"("name":"x","shape":[1.0],"datatype":"FP32","data":[1])"),
       "inputs[0].shape[0]: expected an integer from -9223372036854775808 to 9223372036854775807, found number 1.0"},
      {Input(R"("name":"x","shape":["1"],"datatype":"FP32","data":[1])"), "inputs[0].shape[0]: expected an integer"},
      {Input(R"("name":"x","shape":[9223372036854775808],"datatype":"FP32","data":[1])"),
       "inputs[0].shape[0]: expected an integer"},
      {Input(R"("name":"x","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"datatype":"FP32","data":[1])"),
       "inputs[0].shape: expected at most 16 dimensions, found more"},
      {R"({"inputs":[{"name":"x")" + rest + R"(},{"name":"x")" + rest + "}]}",
       "inputs[1].name: expected a name of its own, found 'x' a second time"},
  });
}

// The error's text must not depend on a key that has been overwritten by one inside it.
TEST(InferRequestTest, NamesTheFieldBehindEscapedKeys) {
  ExpectRefused({
      {R"({"p\u0061rameters":{"\u0070rio\u0072ity":"long enough to leave the small string behind"}})",
       "parameters.priority: expected an integer"},
      {R"({"inp\u0075ts":[{"par\u0061meters":{"a key that is longer than a small string \u0041":[]}}]})",
       "inputs[0].parameters.a key that is longer than a small string A: expected a string"},
      {R"({"an unknown key that is long \u0041":{"another key that is also long \u0042":!}})",
       "expected a value, found '!'"},
  });
}

TEST(InferRequestTest, BoundsWhatItRepeatsOfTheClientsText) {
  const std::string huge(100'000, 'n');
  for (const std::string& json :
       {With(",\"parameters\":{\"" + huge + "\":null}"), Input("\"datatype\":\"" + huge + "\""),
        With(",\"outputs\":[{\"name\":\"" + huge + "\"},{\"name\":\"" + huge + "\"}]"),
        With(",\"id\":{\"" + huge + "\":1}")}) {
    const Status status = Decode(json).status();
    EXPECT_FALSE(status.ok());
    EXPECT_LT(status.message().size(), 400U);
  }
}

std::string Repeated(size_t count, const std::string& prefix, const std::string& suffix) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i > 0 ? "," : "") + prefix + std::to_string(i) + suffix;
  return text;
}

TEST(InferRequestTest, BoundsTensorsAndParameters) {
  const std::string prefix = R"({"name":"x)";
  const std::string suffix = R"(","shape":[0],"datatype":"FP32","data":[]})";
  EXPECT_TRUE(Decode("{\"inputs\":[" + Repeated(kMaxTensors, prefix, suffix) + "]}").ok());
  ExpectRefused({
      {"{\"inputs\":[" + Repeated(kMaxTensors + 1, prefix, suffix) + "]}", "inputs: expected at most 1024 tensors"},
      {With(",\"outputs\":[" + Repeated(kMaxTensors + 1, R"({"name":"y)", "\"}") + "]"),
       "outputs: expected at most 1024"},
      {With(",\"parameters\":{" + Repeated(kMaxParameters + 1, "\"p", "\":1") + "}"),
       "expected at most 1024 parameters"},
  });
}

TEST(InferRequestTest, EmptyTensorsTakeNoMemory) {
  MemoryPool pool;
  const auto message =
      DecodeInferRequest(Received(R"({"inputs":[{"name":"x","shape":[0,4],"datatype":"FP32","data":[]}]})"), pool);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message.value().inputs[0].tensor.data.empty());
  EXPECT_EQ(message.value().inputs[0].tensor.data.keep_alive(), nullptr);
}

// A dozen letters must not make the server take terabytes.
TEST(InferRequestTest, BelievesAShapeOnlyIfTheBodyCanHoldIt) {
  ExpectRefused({
      {Input(R"("name":"x","shape":[1000000000000],"datatype":"FP32","data":[1])"),
       "inputs[0].data: expected 1000000000000 elements for shape [1000000000000], found 1"},
      {Input(R"("name":"x","shape":[1000000000000],"datatype":"BYTES","data":["1"])"),
       "expected 1000000000000 elements"},
      {Input(R"("data":[1],"name":"x","shape":[1000000000000],"datatype":"FP32")"), "expected 1000000000000 elements"},
      {Input(R"("name":"x","shape":[4294967296,4294967296],"datatype":"FP32","data":[1])"),
       "inputs[0].data: expected a shape of less than 2^63 elements, found [4294967296,4294967296]"},
      {Input(R"("data":[1],"name":"x","shape":[4294967296,4294967296],"datatype":"FP32")"),
       "inputs[0].shape: expected less than 2^63 elements"},
  });
}

}  // namespace
}  // namespace trireme::kserve
