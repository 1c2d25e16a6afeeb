// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/infer_proto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "codec/proto_wire.h"
#include "proto/grpc_service.pb.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using namespace std::chrono_literals;
using inference::ModelInferRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

Result<GrpcInferRequest> DecodeText(const std::string& message) {
  static MemoryPool pool;
  const ReceivedProto received = ReceivedMessage(message, FindRawContents(AsBytes(message)));
  return DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
}

Result<GrpcInferRequest> Decode(const ModelInferRequest& request) {
  return DecodeText(request.SerializeAsString());
}

ModelInferRequest::InferInputTensor& AddInput(ModelInferRequest& request, const std::string& name,
                                              const std::string& type, const std::vector<int64_t>& shape) {
  ModelInferRequest::InferInputTensor& input = *request.add_inputs();
  input.set_name(name);
  input.set_datatype(type);
  for (const int64_t dim : shape) input.add_shape(dim);
  return input;
}

// A request that is right: one FP32 [2].
ModelInferRequest Plain() {
  ModelInferRequest request;
  request.set_model_name("m");
  AddInput(request, "x", "FP32", {2});
  request.add_raw_input_contents(Bytes({1, 2}));
  return request;
}

TEST(InferProtoTest, ReadsEverythingARequestMaySay) {
  ModelInferRequest request = Plain();
  request.set_model_version("7");
  request.set_id("seven");
  auto& parameters = *request.mutable_parameters();
  parameters["sequence_id"].set_int64_param(42);
  parameters["sequence_start"].set_bool_param(true);
  parameters["sequence_end"].set_bool_param(false);
  parameters["priority"].set_uint64_param(3);
  parameters["timeout"].set_int64_param(1500);
  parameters["triton_enable_empty_final_response"].set_bool_param(true);
  parameters["mode"].set_string_param("fast");
  auto& shared = *AddInput(request, "s", "INT8", {3}).mutable_parameters();
  shared["shared_memory_region"].set_string_param("r");
  shared["shared_memory_byte_size"].set_int64_param(3);
  shared["other"].set_double_param(1);
  AddInput(request, "scalar", "FP64", {});
  request.add_raw_input_contents(std::string(8, '\0'));
  request.add_outputs()->set_name("y");
  auto& classes = *request.add_outputs();
  classes.set_name("c");
  (*classes.mutable_parameters())["classification"].set_int64_param(3);
  auto& there = *request.add_outputs();
  there.set_name("z");
  (*there.mutable_parameters())["shared_memory_region"].set_string_param("t");
  (*there.mutable_parameters())["shared_memory_byte_size"].set_int64_param(4);
  (*there.mutable_parameters())["shared_memory_offset"].set_int64_param(8);

  const auto decoded = Decode(request);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->model_name, "m");
  EXPECT_EQ(decoded->model_version, "7");
  EXPECT_TRUE(decoded->wants_empty_final_response);
  const InferRequestMessage& message = decoded->message;
  EXPECT_EQ(message.form.id, "seven");
  EXPECT_TRUE(message.form.binary_data_output);
  EXPECT_EQ(std::get<uint64_t>(message.sequence.id), 42U);
  EXPECT_TRUE(message.sequence.start);
  EXPECT_FALSE(message.sequence.end);
  EXPECT_EQ(message.priority, 3U);
  EXPECT_EQ(message.timeout, 1500us);
  EXPECT_EQ(message.parameters, (Parameters{{"mode", std::string("fast")}}));
  ASSERT_EQ(message.inputs.size(), 3U);
  EXPECT_THAT(message.inputs[0].tensor.As<float>(), ElementsAre(1, 2));
  EXPECT_EQ(message.inputs[1].tensor.shape, (Shape{3}));
  EXPECT_TRUE(message.inputs[1].tensor.data.empty());
  EXPECT_EQ(message.inputs[2].tensor.shape, Shape());
  EXPECT_THAT(message.inputs[2].tensor.As<double>(), ElementsAre(0));
  ASSERT_EQ(message.shared_inputs.size(), 1U);
  EXPECT_EQ(message.shared_inputs[0].input, 1U);
  EXPECT_EQ(message.shared_inputs[0].range.region, "r");
  ASSERT_EQ(message.form.outputs.size(), 3U);
  EXPECT_TRUE(message.form.outputs[0].binary);
  EXPECT_EQ(message.form.outputs[1].classification, 3U);
  ASSERT_TRUE(message.form.outputs[2].shared_memory);
  EXPECT_EQ(message.form.outputs[2].shared_memory->offset, 8U);
}

TEST(InferProtoTest, TheSmallestRequestHasDefaults) {
  const auto decoded = DecodeText("");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->message.form.id, std::nullopt);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(decoded->message.sequence.id));
  EXPECT_EQ(decoded->message.timeout, std::nullopt);
  EXPECT_FALSE(decoded->wants_empty_final_response);
}

TEST(InferProtoTest, ViewsRawContentsWhereTheyAreAligned) {
  MemoryPool pool;
  const std::string message = Plain().SerializeAsString();
  const size_t at = FindRawContents(AsBytes(message));
  for (const size_t misaligned : {0U, 1U}) {
    const ReceivedProto received = ReceivedMessage(message, at, misaligned);
    const auto decoded = DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    const Tensor& tensor = decoded->message.inputs[0].tensor;
    EXPECT_EQ(tensor.data.data() == received.bytes.data() + at, misaligned == 0);
    EXPECT_EQ(tensor.data.keep_alive() == received.keep_alive, misaligned == 0);
    EXPECT_TRUE(IsAligned(DataType::kFp32, tensor.data.data()));
    EXPECT_THAT(tensor.As<float>(), ElementsAre(1, 2));
  }
}

TEST(InferProtoTest, ZeroElementsNeedNoContentsAndNoMemory) {
  ModelInferRequest request;
  AddInput(request, "x", "FP32", {0, 4});
  const auto without = Decode(request);
  ASSERT_TRUE(without.ok()) << without.status();
  request.add_raw_input_contents("");
  const auto decoded = Decode(request);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_TRUE(decoded->message.inputs[0].tensor.data.empty());
  EXPECT_EQ(decoded->message.inputs[0].tensor.data.keep_alive(), nullptr);
}

TEST(InferProtoTest, ReadsTypedContentsOfEveryType) {
  ModelInferRequest request;
  AddInput(request, "b", "BOOL", {2}).mutable_contents()->mutable_bool_contents()->Add(true);
  request.mutable_inputs(0)->mutable_contents()->add_bool_contents(false);
  for (const char* type : {"INT8", "INT16", "INT32"}) {
    auto& contents = *AddInput(request, type, type, {2}).mutable_contents();
    contents.add_int_contents(-128);
    contents.add_int_contents(127);
  }
  for (const char* type : {"UINT8", "UINT16", "UINT32"}) {
    AddInput(request, type, type, {1}).mutable_contents()->add_uint_contents(255);
  }
  AddInput(request, "i", "INT64", {1}).mutable_contents()->add_int64_contents(-9'000'000'000);
  AddInput(request, "u", "UINT64", {1}).mutable_contents()->add_uint64_contents(~uint64_t{0});
  AddInput(request, "f", "FP32", {1, 1}).mutable_contents()->add_fp32_contents(0.1F);
  AddInput(request, "d", "FP64", {}).mutable_contents()->add_fp64_contents(0.1);
  auto& strings = *AddInput(request, "s", "BYTES", {2}).mutable_contents();
  strings.add_bytes_contents("");
  strings.add_bytes_contents("\xFF z");

  const auto decoded = Decode(request);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const std::vector<NamedTensor>& inputs = decoded->message.inputs;
  EXPECT_THAT(inputs[0].tensor.As<uint8_t>(), ElementsAre(1, 0));
  EXPECT_THAT(inputs[1].tensor.As<int8_t>(), ElementsAre(-128, 127));
  EXPECT_THAT(inputs[2].tensor.As<int16_t>(), ElementsAre(-128, 127));
  EXPECT_THAT(inputs[3].tensor.As<int32_t>(), ElementsAre(-128, 127));
  EXPECT_THAT(inputs[4].tensor.As<uint8_t>(), ElementsAre(255));
  EXPECT_THAT(inputs[5].tensor.As<uint16_t>(), ElementsAre(255));
  EXPECT_THAT(inputs[6].tensor.As<uint32_t>(), ElementsAre(255U));
  EXPECT_THAT(inputs[7].tensor.As<int64_t>(), ElementsAre(-9'000'000'000));
  EXPECT_THAT(inputs[8].tensor.As<uint64_t>(), ElementsAre(~uint64_t{0}));
  EXPECT_THAT(inputs[9].tensor.As<float>(), ElementsAre(0.1F));
  EXPECT_THAT(inputs[10].tensor.As<double>(), ElementsAre(0.1));
  BytesReader elements(inputs[11].tensor.data.bytes());
  EXPECT_EQ(elements.Next(), "");
  EXPECT_EQ(elements.Next(), "\xFF z");
  EXPECT_TRUE(elements.AtEnd());
}

// An InferInputTensor "x" of a type, [3], with these bytes for contents.
std::string WithContents(const std::string& type, const std::string& contents) {
  std::string message;
  ProtoWriter(message).Message(5, [&](auto& tensor) {
    tensor.Bytes(5, contents);
    tensor.Bytes(1, "x");
    tensor.Varint(3, 3);  // a shape that is not packed
    tensor.Bytes(2, type);
  });
  return message;
}

TEST(InferProtoTest, ElementsMayBePackedOrNotAndInPieces) {
  std::string ints;
  ProtoWriter writer(ints);
  writer.Varint(2, 1);
  writer.Bytes(2, std::string("\x02", 1));
  writer.Varint(99, 5);
  writer.Bytes(2, "");
  writer.Varint(2, static_cast<uint64_t>(-3));
  const auto decoded = DecodeText(WithContents("INT16", ints));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_THAT(decoded->message.inputs[0].tensor.As<int16_t>(), ElementsAre(1, 2, -3));

  std::string floats;
  ProtoWriter float_writer(floats);
  float_writer.Bytes(6, Bytes({0.5F, 1}));
  float_writer.Fixed32(6, 0x40000000);
  const auto decoded_floats = DecodeText(WithContents("FP32", floats));
  ASSERT_TRUE(decoded_floats.ok()) << decoded_floats.status();
  EXPECT_THAT(decoded_floats->message.inputs[0].tensor.As<float>(), ElementsAre(0.5F, 1, 2));
}

TEST(InferProtoTest, TheLastOfAFieldCounts) {
  const auto twice = [](const std::string& key, const ParameterValue& value) {
    inference::ModelInferRequest request;
    auto& parameter = (*request.mutable_parameters())[key];
    if (const auto* number = std::get_if<int64_t>(&value)) parameter.set_int64_param(*number);
    if (const auto* text = std::get_if<std::string>(&value)) parameter.set_string_param(*text);
    return request.SerializeAsString();
  };
  const auto decoded = DecodeText(twice("p", int64_t{1}) + twice("sequence_id", std::string("a")) +
                                  twice("p", std::string("two")) + twice("sequence_id", int64_t{0}) +
                                  twice("timeout", int64_t{9}) + twice("timeout", int64_t{0}) + "\x1a\x01i\x1a\x01j");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->message.parameters, (Parameters{{"p", std::string("two")}}));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(decoded->message.sequence.id));
  EXPECT_EQ(decoded->message.timeout, std::nullopt);
  EXPECT_EQ(decoded->message.form.id, "j");
}

TEST(InferProtoTest, AVeryLongTimeoutIsCutToWhatArithmeticBears) {
  ModelInferRequest request;
  (*request.mutable_parameters())["timeout"].set_int64_param(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Decode(request)->message.timeout, std::chrono::microseconds(kMaxTimeout));
}

using Change = std::function<void(ModelInferRequest&)>;

void ExpectRefused(const std::string& message, const Status& status) {
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << message;
  EXPECT_THAT(status.message(), HasSubstr(message));
}

// What is wrong with Plain() after this change.
void ExpectRefused(const std::string& message, const Change& change) {
  ModelInferRequest request = Plain();
  change(request);
  ExpectRefused(message, Decode(request).status());
}

using Set = std::function<void(inference::InferParameter&)>;

TEST(InferProtoTest, RefusesParametersOfTheWrongKind) {
  const Set text = [](auto& parameter) { parameter.set_string_param("1"); };
  const Set flag = [](auto& parameter) { parameter.set_bool_param(true); };
  const Set minus = [](auto& parameter) { parameter.set_int64_param(-1); };
  const Set one = [](auto& parameter) { parameter.set_int64_param(1); };
  const Set unsigned_one = [](auto& parameter) { parameter.set_uint64_param(1); };
  const Set half = [](auto& parameter) { parameter.set_double_param(0.5); };
  const Set none = [](auto&) {};
  const auto refused = [](const std::string& key, const Set& set, const std::string& message) {
    ExpectRefused("parameters." + key + ": " + message,
                  [&](ModelInferRequest& request) { set((*request.mutable_parameters())[key]); });
  };
  const std::string most = std::to_string(std::numeric_limits<int64_t>::max());
  refused("p", none, "expected a string, a number or a bool, found nothing");
  refused("sequence_id", flag, "expected a number in int64_param or a text in string_param, found bool_param true");
  refused("sequence_id", unsigned_one,
          "expected a number in int64_param or a text in string_param, found uint64_param");
  refused("sequence_id", minus, "expected an integer from 0 to " + most + " in int64_param, found int64_param -1");
  refused("sequence_start", one, "expected true or false in bool_param, found int64_param 1");
  refused("sequence_end", text, "expected true or false in bool_param, found string_param '1'");
  refused("priority", minus, "expected an integer from 0 to 18446744073709551615 in int64_param or uint64_param");
  refused("priority", half, "expected an integer from 0");
  refused("timeout", minus, "expected an integer from 0 to " + most + " in int64_param, found int64_param -1");
  refused("timeout", unsigned_one, "expected an integer from 0 to " + most + " in int64_param, found uint64_param 1");
  refused("triton_enable_empty_final_response", one, "expected true or false in bool_param");
  refused("triton_other", flag, "expected no key that begins with 'triton_', which is reserved");

  const auto refused_input = [](const std::string& key, const Set& set, const std::string& message) {
    ExpectRefused("inputs[0].parameters." + key + ": " + message, [&](ModelInferRequest& request) {
      auto& parameters = *request.mutable_inputs(0)->mutable_parameters();
      parameters["shared_memory_region"].set_string_param("r");
      parameters["shared_memory_byte_size"].set_int64_param(8);
      set(parameters[key]);
    });
  };
  refused_input("shared_memory_region", one, "expected a string in string_param, found int64_param 1");
  refused_input("shared_memory_byte_size", one, "expected 8 for FP32 [2], found 1");
  refused_input("shared_memory_byte_size", unsigned_one, "expected an integer from 0 to " + most + " in int64_param");
  refused_input("shared_memory_offset", minus, "expected an integer from 0 to " + most);

  const auto refused_output = [](const std::string& key, const Set& set, const std::string& message) {
    ExpectRefused("outputs[0].parameters" + message, [&](ModelInferRequest& request) {
      auto& output = *request.add_outputs();
      output.set_name("y");
      set((*output.mutable_parameters())[key]);
    });
  };
  refused_output("classification", minus, ".classification: expected an integer from 1 to " + most);
  refused_output("classification", text, ".classification: expected an integer from 1");
  refused_output("shared_memory_byte_size", one, ".shared_memory_region: expected the name of a region");
}

TEST(InferProtoTest, RefusesIncompleteOrContradictoryTensors) {
  ExpectRefused("inputs[0].name: expected a string, found nothing",
                [](auto& request) { request.mutable_inputs(0)->clear_name(); });
  ExpectRefused("inputs[0].name: expected a name of at most 1024 bytes, found 1025",
                [](auto& request) { request.mutable_inputs(0)->set_name(std::string(1025, 'n')); });
  ExpectRefused("inputs[1].name: expected a name of its own, found 'x' a second time",
                [](auto& request) { *request.add_inputs() = request.inputs(0); });
  ExpectRefused("inputs[0].datatype: expected a string, found nothing",
                [](auto& request) { request.mutable_inputs(0)->clear_datatype(); });
  ExpectRefused(
      "inputs[0].datatype: expected BOOL, BYTES, BF16, FP16 to FP64, INT8 to INT64 or UINT8 to UINT64, found "
      "'fp32'",
      [](auto& request) { request.mutable_inputs(0)->set_datatype("fp32"); });
  ExpectRefused("inputs[0].shape[1]: expected a size of at least 0, found number -1",
                [](auto& request) { request.mutable_inputs(0)->add_shape(-1); });
  ExpectRefused("inputs[0].shape: expected at most 16 dimensions, found more", [](auto& request) {
    for (int i = 0; i < 16; ++i) request.mutable_inputs(0)->add_shape(1);
  });
  ExpectRefused("inputs[0].shape: expected less than 2^63 elements, found [2,4294967296,4294967296]",
                [](auto& request) {
                  for (int i = 0; i < 2; ++i) request.mutable_inputs(0)->add_shape(int64_t{1} << 32);
                });
  ExpectRefused("outputs[0].name: expected a string, found nothing", [](auto& request) { request.add_outputs(); });
  ExpectRefused("outputs[1].name: expected a name of its own, found 'y' a second time", [](auto& request) {
    request.add_outputs()->set_name("y");
    request.add_outputs()->set_name("y");
  });
  ExpectRefused("outputs[0].parameters: expected either 'shared_memory_region' or 'classification', found both",
                [](auto& request) {
                  auto& output = *request.add_outputs();
                  output.set_name("y");
                  (*output.mutable_parameters())["classification"].set_int64_param(1);
                  (*output.mutable_parameters())["shared_memory_region"].set_string_param("r");
                  (*output.mutable_parameters())["shared_memory_byte_size"].set_int64_param(1);
                });
  ExpectRefused("id: expected at most 65536 bytes, found 65537",
                [](auto& request) { request.set_id(std::string(kMaxIdBytes + 1, 'i')); });
}

TEST(InferProtoTest, RefusesContentsThatDoNotFit) {
  ExpectRefused("raw_input_contents: expected 1, one for each of the inputs that are not in shared memory, found 2",
                [](auto& request) { request.add_raw_input_contents(""); });
  ExpectRefused("raw_input_contents[0]: expected 8 bytes for 'x', which is FP32 [2], found 4",
                [](auto& request) { request.set_raw_input_contents(0, "1234"); });
  ExpectRefused("raw_input_contents[0]: element 1 of 2 is cut off", [](auto& request) {
    request.mutable_inputs(0)->set_datatype("BYTES");
    request.set_raw_input_contents(0, std::string("\1\0\0\0a", 5));
  });
  ExpectRefused(
      "inputs[0]: expected its elements in raw_input_contents, in contents or in shared memory, found nothing",
      [](auto& request) { request.clear_raw_input_contents(); });
  ExpectRefused("inputs[0]: expected either contents, or raw_input_contents for all inputs, found both",
                [](auto& request) {
                  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
                  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
                });
  ExpectRefused("inputs[0]: expected either contents or the parameter 'shared_memory_region', found both",
                [](auto& request) {
                  request.clear_raw_input_contents();
                  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
                  auto& parameters = *request.mutable_inputs(0)->mutable_parameters();
                  parameters["shared_memory_region"].set_string_param("r");
                });
}

TEST(InferProtoTest, RefusesTypedContentsThatDoNotFit) {
  const auto refused = [](const std::string& message, const std::string& type,
                          const std::function<void(inference::InferTensorContents&)>& fill) {
    ModelInferRequest request;
    fill(*AddInput(request, "x", type, {2}).mutable_contents());
    ExpectRefused("inputs[0].contents: " + message, Decode(request).status());
  };
  const auto ints = [](const std::vector<int32_t>& values) {
    return [values](auto& contents) {
      for (const int32_t value : values) contents.add_int_contents(value);
    };
  };
  refused("element 1 (INT8): expected an integer from -128 to 127, found 128", "INT8", ints({0, 128}));
  refused("element 0 (INT16): expected an integer from -32768 to 32767, found -32769", "INT16", ints({-32769, 0}));
  refused("element 0 (UINT8): expected an integer from 0 to 255, found 256", "UINT8", [](auto& contents) {
    contents.add_uint_contents(256);
    contents.add_uint_contents(0);
  });
  refused("expected 2 elements for shape [2], found 3", "INT32", ints({1, 2, 3}));
  refused("expected 2 elements for shape [2], found 1", "INT32", ints({1}));
  refused("expected fp32_contents for FP32, found int_contents", "FP32", ints({1, 2}));
  refused("expected FP16 in raw contents alone, found typed contents", "FP16", ints({1, 2}));
  refused("expected 2 elements for shape [2], found 1", "BYTES",
          [](auto& contents) { contents.add_bytes_contents("a"); });

  const auto refused_text = [](const std::string& message, const std::string& type, const std::string& contents) {
    ExpectRefused(message, DecodeText(WithContents(type, contents)).status());
  };
  refused_text("inputs[0].contents.fp32_contents: expected a multiple of 4 bytes, found 5", "FP32", "\x32\x05tensr");
  refused_text("inputs[0].contents.fp32_contents: expected a list of elements, found an integer", "FP32", "\x30\x05");
  refused_text("inputs[0].contents: element 3 (INT32): expected an integer, found one that is cut off or too long",
               "INT32", "\x12\x04\x01\x02\x03\x80");
  refused_text("inputs[0].contents: expected a protobuf message, found bytes that are none at byte 0", "INT32", "\x12");
}

TEST(InferProtoTest, RefusesWhatIsNoMessage) {
  const auto refused = [](const std::string& message, const std::string& text) {
    ExpectRefused(message, DecodeText(text).status());
  };
  refused("ModelInferRequest: expected a protobuf message, found bytes that are none at byte 3",
          std::string("\x0a\x01m\x12\x05", 5));
  refused("inputs[0]: expected a protobuf message, found bytes that are none at byte 0", "\x2a\x01\x0a");
  refused("model_name: expected a string, found an integer", "\x08\x01");
  refused("model_name: expected a string in UTF-8, found bytes that are not", "\x0a\x01\xff");
  refused("inputs[0].name: expected a string in UTF-8", "\x2a\x03\x0a\x01\x80");
  refused("inputs[0]: expected a tensor, found an integer", "\x28\x01");
  refused("raw_input_contents[0]: expected bytes, found 4 bytes", std::string("\x3d\0\0\0\0", 5));
  refused("parameters: expected a message, found an integer", "\x20\x01");
  refused("inputs[0].shape: expected integers, found 4 bytes", std::string("\x2a\x05\x1d\0\0\0\0", 7));
}

TEST(InferProtoTest, BoundsTensorsAndParametersAndWhatItRepeats) {
  ModelInferRequest request;
  for (size_t i = 0; i <= kMaxTensors; ++i) AddInput(request, "x" + std::to_string(i), "FP32", {0});
  ExpectRefused("inputs: expected at most 1024 tensors, found more", Decode(request).status());
  ExpectRefused("outputs: expected at most 1024 tensors, found more", [](auto& plain) {
    for (size_t i = 0; i <= kMaxTensors; ++i) plain.add_outputs()->set_name(std::to_string(i));
  });
  ExpectRefused("raw_input_contents: expected at most 1024 tensors, found more", [](auto& plain) {
    for (size_t i = 0; i <= kMaxTensors; ++i) plain.add_raw_input_contents("");
  });
  ExpectRefused("expected at most 1024 parameters, found more", [](auto& plain) {
    for (size_t i = 0; i <= kMaxParameters; ++i) (*plain.mutable_parameters())[std::to_string(i)].set_bool_param(true);
  });
  ModelInferRequest huge = Plain();
  huge.mutable_inputs(0)->set_datatype(std::string(100'000, 't'));
  EXPECT_LT(Decode(huge).status().message().size(), 400U);
}

// A dozen bytes must not make the server take terabytes.
TEST(InferProtoTest, BelievesAShapeOnlyIfTheContentsHoldIt) {
  for (const char* type : {"INT64", "BYTES"}) {
    ModelInferRequest request;
    auto& contents = *AddInput(request, "x", type, {1'000'000'000'000}).mutable_contents();
    contents.add_int64_contents(1);
    if (std::string_view(type) == "BYTES") {
      contents.Clear();
      contents.add_bytes_contents("1");
    }
    ExpectRefused("expected 1000000000000 elements for shape [1000000000000], found 1", Decode(request).status());
  }
}

TEST(InferProtoTest, FindsWhereRawContentsBegin) {
  ModelInferRequest request = Plain();
  request.set_raw_input_contents(0, std::string(8, '\xAB'));
  const std::string message = request.SerializeAsString();
  const size_t at = message.find("\xAB");
  EXPECT_EQ(FindRawContents(AsBytes(message)), at);
  for (size_t bytes = 0; bytes < message.size(); ++bytes) {
    const size_t found = FindRawContents(AsBytes(std::string_view(message).substr(0, bytes)));
    EXPECT_EQ(found, bytes < at ? 0 : at) << bytes;
  }
  EXPECT_EQ(FindRawContents(AsBytes(std::string_view("\xff\xff", 2))), 0U);
}

TEST(InferProtoTest, ManyTypedContentsAreLongToDecode) {
  ModelInferRequest typed;
  auto& contents = *AddInput(typed, "x", "INT32", {100'000}).mutable_contents();
  EXPECT_FALSE(IsLongToDecode(AsBytes(Plain().SerializeAsString())));
  for (int i = 0; i < 100'000; ++i) contents.add_int_contents(1);
  EXPECT_TRUE(IsLongToDecode(AsBytes(typed.SerializeAsString())));
  ModelInferRequest raw = Plain();
  raw.set_raw_input_contents(0, std::string(600'000, 'x'));
  EXPECT_FALSE(IsLongToDecode(AsBytes(raw.SerializeAsString())));
  raw.add_raw_input_contents(std::string(600'000, 'x'));
  EXPECT_TRUE(IsLongToDecode(AsBytes(raw.SerializeAsString())));
  std::string unknown = Plain().SerializeAsString();
  for (int i = 0; i < 100'000; ++i) unknown += std::string_view("\x78\0", 2);
  EXPECT_TRUE(IsLongToDecode(AsBytes(unknown))) << "fields that nobody knows, and that have no bytes";
}

}  // namespace
}  // namespace trireme::kserve
