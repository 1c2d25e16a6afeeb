// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/tensor_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "codec/proto_wire.h"
#include "proto/tensorflow_serving.pb.h"
#include "tensor/bytes_elements.h"
#include "wire/tfserving/predict_proto.h"

namespace trireme::tfserving {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kMostBytes = 1 << 20;

tensorflow::TensorProto Message(tensorflow::DataType type, const std::vector<int64_t>& shape) {
  tensorflow::TensorProto message;
  message.set_dtype(type);
  for (const int64_t size : shape) message.mutable_tensor_shape()->add_dim()->set_size(size);
  return message;
}

Result<Tensor> Read(const tensorflow::TensorProto& message, size_t most = kMostBytes) {
  static MemoryPool pool;
  const auto bytes = std::make_shared<const std::string>(message.SerializeAsString());
  const std::shared_ptr<const void> keep_alive = bytes;
  return ReadTensorProto(*bytes, kserve::Place("x", nullptr),
                         {.keep_alive = keep_alive, .pool = pool, .bytes_left = most});
}

std::string Why(const tensorflow::TensorProto& message, StatusCode code = StatusCode::kInvalidArgument) {
  const Result<Tensor> tensor = Read(message);
  if (tensor.ok()) return "it can be read";
  EXPECT_EQ(tensor.status().code(), code);
  return tensor.status().message();
}

TEST(TensorProto, ReadsContent) {
  tensorflow::TensorProto message = Message(tensorflow::DT_INT16, {2});
  message.set_tensor_content(std::string("\1\0\2\0", 4));
  const Result<Tensor> tensor = Read(message);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape, Shape({2}));
  EXPECT_THAT(tensor->As<int16_t>(), ElementsAre(1, 2));
}

TEST(TensorProto, ReadsListsOfEveryType) {
  tensorflow::TensorProto floats = Message(tensorflow::DT_FLOAT, {2});
  floats.add_float_val(1.5);
  floats.add_float_val(-2);
  EXPECT_THAT(Read(floats)->As<float>(), ElementsAre(1.5F, -2.0F));
  tensorflow::TensorProto bytes = Message(tensorflow::DT_UINT8, {2});
  bytes.add_int_val(1);
  bytes.add_int_val(255);
  EXPECT_THAT(Read(bytes)->As<uint8_t>(), ElementsAre(1, 255));
  tensorflow::TensorProto ints = Message(tensorflow::DT_INT64, {2});
  ints.add_int64_val(-1);
  ints.add_int64_val(1LL << 40);
  EXPECT_THAT(Read(ints)->As<int64_t>(), ElementsAre(-1, 1LL << 40));
  tensorflow::TensorProto halves = Message(tensorflow::DT_HALF, {1});
  halves.add_half_val(0x3C00);
  EXPECT_THAT(Read(halves)->As<uint16_t>(), ElementsAre(0x3C00));
  tensorflow::TensorProto bools = Message(tensorflow::DT_BOOL, {2});
  bools.add_bool_val(true);
  bools.add_bool_val(false);
  EXPECT_THAT(Read(bools)->As<bool>(), ElementsAre(true, false));
  tensorflow::TensorProto texts = Message(tensorflow::DT_STRING, {2});
  texts.add_string_val("a");
  texts.add_string_val("");
  const Result<Tensor> read = Read(texts);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(CheckBytesElements(read->data.bytes(), 2).ok());
}

TEST(TensorProto, RepeatsTheLastValueOfAShortList) {
  tensorflow::TensorProto floats = Message(tensorflow::DT_FLOAT, {2, 2});
  floats.add_float_val(1);
  floats.add_float_val(3);
  EXPECT_THAT(Read(floats)->As<float>(), ElementsAre(1, 3, 3, 3));
  EXPECT_THAT(Read(Message(tensorflow::DT_INT32, {3}))->As<int32_t>(), Each(0));
  tensorflow::TensorProto texts = Message(tensorflow::DT_STRING, {3});
  texts.add_string_val("ab");
  const Result<Tensor> read = Read(texts);
  BytesReader elements(read->data.bytes());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(elements.Next(), "ab");
  EXPECT_TRUE(elements.AtEnd());
}

TEST(TensorProto, SaysWhatIsWrong) {
  EXPECT_THAT(Why(Message(tensorflow::DT_QINT8, {1})), HasSubstr("DT_QINT8"));
  EXPECT_THAT(Why(Message(tensorflow::DT_INVALID, {1})), HasSubstr("x.dtype"));
  EXPECT_THAT(Why(Message(tensorflow::DT_FLOAT, {-1})),
              HasSubstr("x.tensor_shape.dim[0]: expected a size of 0 or more"));
  EXPECT_THAT(Why(Message(tensorflow::DT_FLOAT, std::vector<int64_t>(17, 1))), HasSubstr("at most 16"));
  EXPECT_THAT(Why(Message(tensorflow::DT_FLOAT, {1LL << 40, 1LL << 40})), HasSubstr("less than 2^63 elements"));
  tensorflow::TensorProto open = Message(tensorflow::DT_FLOAT, {});
  open.mutable_tensor_shape()->set_unknown_rank(true);
  EXPECT_THAT(Why(open), HasSubstr("a known rank"));
  tensorflow::TensorProto longer = Message(tensorflow::DT_FLOAT, {1});
  longer.add_float_val(1);
  longer.add_float_val(2);
  EXPECT_THAT(Why(longer), HasSubstr("expected at most 1 element for shape [1], found 2"));
  tensorflow::TensorProto other = Message(tensorflow::DT_FLOAT, {1});
  other.add_int_val(1);
  EXPECT_THAT(Why(other), HasSubstr("expected float_val for DT_FLOAT, found another list"));
  tensorflow::TensorProto wide = Message(tensorflow::DT_UINT8, {1});
  wide.add_int_val(256);
  EXPECT_THAT(Why(wide), HasSubstr("x.int_val[0]: expected an integer from 0 to 255, found 256"));
  tensorflow::TensorProto negative = Message(tensorflow::DT_UINT8, {1});
  negative.add_int_val(-1);
  EXPECT_THAT(Why(negative), HasSubstr("x.int_val[0]: expected an integer from 0 to 255, found -1"));
  tensorflow::TensorProto content = Message(tensorflow::DT_FLOAT, {2});
  content.set_tensor_content("abc");
  EXPECT_THAT(Why(content), HasSubstr("expected 8 bytes for DT_FLOAT [2], found 3"));
  tensorflow::TensorProto text = Message(tensorflow::DT_STRING, {1});
  text.set_tensor_content("abc");
  EXPECT_THAT(Why(text), HasSubstr("string_val"));
}

// A few bytes that ask for much.
TEST(TensorProto, TakesNoMoreMemoryThanAMessageMayHave) {
  EXPECT_THAT(Why(Message(tensorflow::DT_FLOAT, {1LL << 40}), StatusCode::kTooLarge), HasSubstr("1048576 bytes"));
  tensorflow::TensorProto texts = Message(tensorflow::DT_STRING, {1LL << 40});
  texts.add_string_val(std::string(1000, 'a'));
  EXPECT_THAT(Why(texts, StatusCode::kTooLarge), HasSubstr("1048576 bytes"));
  EXPECT_THAT(Why(Message(tensorflow::DT_STRING, {1LL << 62}), StatusCode::kTooLarge), HasSubstr("bytes"));
}

InferResponse Response() {
  const std::vector<float> floats = {1, 2, 3};
  const std::vector<int32_t> ints = {-1, 300};
  const std::vector<uint8_t> bools = {1, 0};
  std::vector<std::byte> texts;
  AppendBytesElement(texts, "a");
  AppendBytesElement(texts, "\xff");
  InferResponse response{.model = {.name = "m", .version = 7}, .outputs = {}};
  const auto add = [&](const char* name, DataType type, const Shape& shape, std::span<const std::byte> bytes) {
    response.outputs.push_back({name, {.type = type, .shape = shape, .data = Buffer::CopyOf(bytes)}});
  };
  add("f", DataType::kFp32, {3}, std::as_bytes(std::span(floats)));
  add("i", DataType::kInt32, {2, 1}, std::as_bytes(std::span(ints)));
  add("b", DataType::kBool, {2}, std::as_bytes(std::span(bools)));
  add("t", DataType::kBytes, {2}, texts);
  add("e", DataType::kFp32, {0}, {});
  const std::vector<float> many(5000, 0.5F);
  add("m", DataType::kFp32, {5000}, std::as_bytes(std::span(many)));
  return response;
}

TEST(TensorProto, IsWrittenAsTheLibraryReadsIt) {
  for (const TensorEncoding encoding : {TensorEncoding::kLists, TensorEncoding::kContent}) {
    const auto encoded = EncodePredictResponse(Response(), "serving_default", encoding);
    ASSERT_TRUE(encoded.ok()) << encoded.status();
    tensorflow::serving::PredictResponse message;
    ASSERT_TRUE(message.ParseFromString(encoded->Joined()));
    EXPECT_EQ(message.model_spec().name(), "m");
    EXPECT_EQ(message.model_spec().version().value(), 7);
    EXPECT_EQ(message.model_spec().signature_name(), "serving_default");
    ASSERT_EQ(message.outputs_size(), 6);
    EXPECT_EQ(message.outputs().at("i").tensor_shape().dim_size(), 2);
    EXPECT_EQ(message.outputs().at("f").dtype(), tensorflow::DT_FLOAT);
    EXPECT_THAT(message.outputs().at("t").string_val(), ElementsAre("a", "\xff"));
    if (encoding == TensorEncoding::kLists) {
      EXPECT_THAT(message.outputs().at("f").float_val(), ElementsAre(1, 2, 3));
      EXPECT_THAT(message.outputs().at("i").int_val(), ElementsAre(-1, 300));
      EXPECT_THAT(message.outputs().at("b").bool_val(), ElementsAre(true, false));
      EXPECT_EQ(message.outputs().at("m").float_val_size(), 5000);
    } else {
      EXPECT_EQ(message.outputs().at("f").tensor_content().size(), 12U);
      EXPECT_EQ(message.outputs().at("m").tensor_content().size(), 20000U);
    }
    // And as we read it ourselves.
    for (const auto& [name, tensor] : message.outputs()) EXPECT_TRUE(Read(tensor).ok()) << name;
  }
}

Result<PredictRequest> ReadRequest(const std::string& bytes) {
  static MemoryPool pool;
  const auto kept = std::make_shared<const std::string>(bytes);
  return DecodePredictRequest(std::as_bytes(std::span(*kept)), kept, kMostBytes, pool);
}

tensorflow::serving::PredictRequest RequestMessage() {
  tensorflow::serving::PredictRequest message;
  message.mutable_model_spec()->set_name("m");
  message.mutable_model_spec()->set_version_label("stable");
  message.mutable_model_spec()->mutable_version()->set_value(3);
  message.add_output_filter("y");
  tensorflow::TensorProto tensor = Message(tensorflow::DT_FLOAT, {2});
  tensor.set_tensor_content(std::string(8, '\0'));
  (*message.mutable_inputs())["x"] = tensor;
  return message;
}

TEST(PredictProto, ReadsARequest) {
  const Result<PredictRequest> request = ReadRequest(RequestMessage().SerializeAsString());
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->spec.name, "m");
  EXPECT_EQ(request->spec.version, VersionChoice(3));  // of a oneof the last one counts
  EXPECT_THAT(request->output_filter, ElementsAre("y"));
  ASSERT_EQ(request->inputs.size(), 1U);
  EXPECT_EQ(request->inputs[0].name, "x");
}

TEST(PredictProto, IsWrittenByClients) {
  const std::vector<float> values = {1, 2};
  const std::vector<NamedTensor> inputs = {
      {"x", {.type = DataType::kFp32, .shape = {2}, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))}}};
  const std::string tensors = *EncodePredictInputs(inputs);
  const Result<PredictRequest> numbered = ReadRequest(tensors + EncodePredictModel("m", "3"));
  ASSERT_TRUE(numbered.ok()) << numbered.status();
  EXPECT_EQ(numbered->spec.version, VersionChoice(3));
  EXPECT_THAT(numbered->inputs[0].tensor.As<float>(), ElementsAre(1, 2));
  EXPECT_EQ(ReadRequest(tensors + EncodePredictModel("m", "stable"))->spec.version, VersionChoice::OfLabel("stable"));
  EXPECT_TRUE(ReadRequest(tensors + EncodePredictModel("m", ""))->spec.version.any());
}

TEST(PredictProto, WantsAModel) {
  EXPECT_EQ(ReadRequest("").status().message(), "Missing ModelSpec");
  EXPECT_EQ(ReadRequest(std::string("\x0a\x00", 2)).status().message(), "ModelSpec has no name specified.");
  EXPECT_EQ(ReadRequest("\xff\xff").status().code(), StatusCode::kInvalidArgument);
}

TEST(PredictProto, OfAKeyThatIsThereTwiceTheLastCounts) {
  tensorflow::serving::PredictRequest second;
  tensorflow::TensorProto tensor = Message(tensorflow::DT_INT32, {});
  tensor.add_int_val(5);
  (*second.mutable_inputs())["x"] = tensor;
  const Result<PredictRequest> request = ReadRequest(RequestMessage().SerializeAsString() + second.SerializeAsString());
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_EQ(request->inputs.size(), 1U);
  EXPECT_THAT(request->inputs[0].tensor.As<int32_t>(), ElementsAre(5));
}

TEST(PredictProto, SeesWhereElementsBegin) {
  tensorflow::serving::PredictRequest message;
  message.mutable_model_spec()->set_name("m");
  tensorflow::TensorProto tensor = Message(tensorflow::DT_FLOAT, {100, 10});
  tensor.set_tensor_content(std::string(4000, 'x'));
  (*message.mutable_inputs())["x"] = tensor;
  const std::string bytes = message.SerializeAsString();
  const std::string beginning = bytes.substr(0, 200);
  const size_t at = FindElements(std::as_bytes(std::span(beginning)));
  EXPECT_EQ(at, bytes.find("xxxx"));
  for (size_t cut = 0; cut < 200; ++cut) {
    const size_t found = FindElements(std::as_bytes(std::span(beginning)).first(cut));
    EXPECT_TRUE(found == 0 || found == at) << cut;
  }
}

TEST(PredictProto, ReadsTheModelBeforeTheRest) {
  tensorflow::serving::MultiInferenceRequest message;
  message.add_tasks()->mutable_model_spec()->set_name("m");
  const std::string multi = message.SerializeAsString();
  EXPECT_EQ(ReadSpec(std::as_bytes(std::span(multi)), SpecPlace::kTask)->name, "m");
  EXPECT_FALSE(ReadSpec({}, SpecPlace::kTask).ok());
  const std::string single = RequestMessage().SerializeAsString();
  EXPECT_EQ(ReadSpec(std::as_bytes(std::span(single)), SpecPlace::kMessage)->name, "m");
}

std::string FieldOf(int number, const std::string& bytes) {
  std::string message;
  ProtoWriter(message).Bytes(number, bytes);
  return message;
}

// All of it is asked on a loop, which has no time for millions of fields.
TEST(PredictProto, ManyFieldsKeepNoLoop) {
  const auto why = [](const std::string& bytes, SpecPlace place) {
    return ReadSpec(std::as_bytes(std::span(bytes)), place).status().message();
  };
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += std::string_view("\x78\0", 2);
  const std::string named = FieldOf(1, FieldOf(1, "m"));
  EXPECT_EQ(why(named + many, SpecPlace::kMessage), "request: expected at most 65536 fields, found more");
  EXPECT_EQ(why(FieldOf(1, named + many), SpecPlace::kTask), "request: expected at most 65536 fields, found more");
  EXPECT_EQ(why(FieldOf(1, FieldOf(1, "m") + many), SpecPlace::kMessage),
            "model_spec: expected at most 65536 bytes, found more");
  const std::string entry = named + FieldOf(2, many);
  EXPECT_TRUE(IsLongToRead(std::as_bytes(std::span(entry))));
  const std::string tensor = named + FieldOf(2, FieldOf(1, "x") + FieldOf(2, many));
  EXPECT_TRUE(IsLongToRead(std::as_bytes(std::span(tensor))));
}

}  // namespace
}  // namespace trireme::tfserving
