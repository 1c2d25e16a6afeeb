// SPDX-License-Identifier: Apache-2.0
// Random infer messages: what the protobuf library writes is read with the same meaning, and the other way round.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "codec/proto_wire.h"
#include "proto/grpc_service.pb.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/testing/received_proto.h"

namespace trireme::kserve {
namespace {

using google::protobuf::util::MessageDifferencer;
using inference::InferParameter;
using inference::ModelInferRequest;
using inference::ModelInferResponse;
using ParameterMap = google::protobuf::Map<std::string, InferParameter>;

constexpr DataType kTypes[] = {DataType::kBool,   DataType::kUint8, DataType::kUint16, DataType::kUint32,
                               DataType::kUint64, DataType::kInt8,  DataType::kInt16,  DataType::kInt32,
                               DataType::kInt64,  DataType::kFp32,  DataType::kFp64,   DataType::kBytes,
                               DataType::kFp16,   DataType::kBf16};

// The same messages each time.
class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_); }
  bool Flip() { return Below(2) == 0; }
  // Small ones, large ones, and all bits between.
  uint64_t Number() { return std::uniform_int_distribution<uint64_t>()(random_) >> Below(64); }
  std::string Bytes(size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(Below(256));
    return bytes;
  }
  std::string Text() {
    std::string text;
    for (uint64_t i = Below(30); i > 0; --i) text += Flip() ? "x" : "é";
    return text;
  }

 private:
  std::mt19937 random_;
};

// An element as it lies in memory, and in the field of InferTensorContents that belongs to its type.
template <typename T, typename Add>
std::string Element(T value, Add add) {
  add(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string AddElement(Dice& dice, DataType type, inference::InferTensorContents& contents) {
  const uint64_t number = dice.Number();
  const auto add_int = [&](auto value) { contents.add_int_contents(value); };
  const auto add_uint = [&](auto value) { contents.add_uint_contents(value); };
  switch (type) {
    case DataType::kBool:
      return Element(number % 2 == 1, [&](bool value) { contents.add_bool_contents(value); });
    case DataType::kUint8:
      return Element(static_cast<uint8_t>(number), add_uint);
    case DataType::kUint16:
      return Element(static_cast<uint16_t>(number), add_uint);
    case DataType::kUint32:
      return Element(static_cast<uint32_t>(number), add_uint);
    case DataType::kUint64:
      return Element(number, [&](uint64_t value) { contents.add_uint64_contents(value); });
    case DataType::kInt8:
      return Element(static_cast<int8_t>(number), add_int);
    case DataType::kInt16:
      return Element(static_cast<int16_t>(number), add_int);
    case DataType::kInt32:
      return Element(static_cast<int32_t>(number), add_int);
    case DataType::kInt64:
      return Element(static_cast<int64_t>(number), [&](int64_t value) { contents.add_int64_contents(value); });
    case DataType::kFp32:
      return Element(static_cast<float>(number), [&](float value) { contents.add_fp32_contents(value); });
    case DataType::kFp64:
      return Element(1 / static_cast<double>(number + 1), [&](double value) { contents.add_fp64_contents(value); });
    case DataType::kBytes: {
      const std::string element = dice.Bytes(dice.Below(40));
      contents.add_bytes_contents(element);
      std::vector<std::byte> data;
      AppendBytesElement(data, element);
      return {reinterpret_cast<const char*>(data.data()), data.size()};
    }
    default:
      return Element(static_cast<uint16_t>(number), [](uint16_t) {});
  }
}

// Fills in a tensor of random type and shape; returns its elements as they lie in memory.
template <typename ProtoTensor>
std::string Fill(Dice& dice, bool typed, ProtoTensor& tensor) {
  const DataType type = kTypes[dice.Below(std::size(kTypes) - (typed ? 2 : 0))];
  int64_t count = 1;
  for (uint64_t rank = dice.Below(4); rank > 0; --rank) {
    tensor.add_shape(static_cast<int64_t>(dice.Below(5)));
    count *= *tensor.shape().rbegin();
  }
  tensor.set_datatype(std::string(Name(type)));
  inference::InferTensorContents contents;
  std::string elements;
  for (int64_t i = 0; i < count; ++i) elements += AddElement(dice, type, contents);
  if (typed) *tensor.mutable_contents() = contents;
  return elements;
}

void FillParameters(Dice& dice, ParameterMap& parameters) {
  for (uint64_t i = dice.Below(5); i > 0; --i) {
    InferParameter& parameter = parameters["p" + std::to_string(i)];
    const uint64_t number = dice.Number();
    switch (dice.Below(5)) {
      case 0:
        parameter.set_bool_param(dice.Flip());
        break;
      case 1:
        parameter.set_int64_param(static_cast<int64_t>(number));
        break;
      case 2:
        parameter.set_string_param(dice.Text());
        break;
      case 3:
        parameter.set_double_param(static_cast<double>(number) / 3);
        break;
      default:
        parameter.set_uint64_param(number);
    }
  }
}

ParameterValue ValueOf(const InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      return parameter.bool_param();
    case InferParameter::kInt64Param:
      return int64_t{parameter.int64_param()};
    case InferParameter::kStringParam:
      return parameter.string_param();
    case InferParameter::kDoubleParam:
      return parameter.double_param();
    default:
      return uint64_t{parameter.uint64_param()};
  }
}

void ExpectSame(const ParameterMap& expected, const Parameters& found) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [key, value] : found) EXPECT_EQ(value, ValueOf(expected.at(key))) << key;
}

std::string BytesOf(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size()};
}

template <typename ProtoTensors>
void ExpectSame(const ProtoTensors& expected, const std::vector<std::string>& elements,
                const std::vector<NamedTensor>& found) {
  ASSERT_EQ(found.size(), static_cast<size_t>(expected.size()));
  for (int i = 0; i < expected.size(); ++i) {
    const NamedTensor& tensor = found[static_cast<size_t>(i)];
    EXPECT_EQ(tensor.name, expected[i].name());
    EXPECT_EQ(Name(tensor.tensor.type), expected[i].datatype());
    EXPECT_THAT(tensor.tensor.shape.dims(), testing::ElementsAreArray(expected[i].shape()));
    EXPECT_EQ(BytesOf(tensor.tensor), elements[static_cast<size_t>(i)]);
  }
}

// What is in the library's message but not in ours, it must pass over.
void AddUnknownFields(std::string& message) {
  ProtoWriter writer(message);
  writer.Varint(1000, 1);
  writer.Fixed32(1001, 2);
  writer.Fixed64(1002, 3);
  writer.Bytes(1003, "unknown");
}

TEST(InferProtoLibraryTest, RequestsMeanTheSameToBoth) {
  MemoryPool pool;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    Dice dice(seed);
    ModelInferRequest request;
    std::vector<std::string> elements;
    const bool typed = dice.Flip();
    request.set_model_name(dice.Text());
    request.set_model_version(dice.Text());
    request.set_id(dice.Text());
    FillParameters(dice, *request.mutable_parameters());
    for (uint64_t i = dice.Below(4); i > 0; --i) {
      auto& input = *request.add_inputs();
      input.set_name("input" + std::to_string(i));
      elements.push_back(Fill(dice, typed, input));
      if (!typed) request.add_raw_input_contents(elements.back());
      FillParameters(dice, *input.mutable_parameters());
    }
    for (uint64_t i = dice.Below(4); i > 0; --i) request.add_outputs()->set_name("output" + std::to_string(i));
    std::string message = request.SerializeAsString();
    if (dice.Flip()) AddUnknownFields(message);

    const ReceivedProto received = ReceivedMessage(message, 0, dice.Below(8));
    const auto read = DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
    ASSERT_TRUE(read.ok()) << read.status() << request.DebugString();
    EXPECT_EQ(read->model_name, request.model_name());
    EXPECT_EQ(read->model_version, request.model_version());
    EXPECT_EQ(read->message.form.id.value_or(""), request.id());
    ExpectSame(request.parameters(), read->message.parameters);
    ExpectSame(request.inputs(), elements, read->message.inputs);
    ASSERT_EQ(read->message.form.outputs.size(), static_cast<size_t>(request.outputs_size()));

    // What we write is the same request, in raw contents and without parameters that mean nothing.
    const EncodedProto written = EncodeGrpcInferRequest(*read);
    ModelInferRequest expected = request;
    expected.clear_raw_input_contents();
    for (int i = 0; i < expected.inputs_size(); ++i) {
      expected.mutable_inputs(i)->clear_contents();
      expected.mutable_inputs(i)->clear_parameters();
      expected.add_raw_input_contents(elements[static_cast<size_t>(i)]);
    }
    ModelInferRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(written.Joined()));
    EXPECT_TRUE(MessageDifferencer::Equals(parsed, expected)) << parsed.DebugString() << expected.DebugString();
  }
}

TEST(InferProtoLibraryTest, ResponsesMeanTheSameToBoth) {
  MemoryPool pool;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    Dice dice(seed);
    ModelInferResponse response;
    std::vector<std::string> elements;
    const bool typed = dice.Flip();
    response.set_model_name(dice.Text());
    response.set_model_version("7");
    response.set_id(dice.Text());
    FillParameters(dice, *response.mutable_parameters());
    for (uint64_t i = dice.Below(4); i > 0; --i) {
      auto& output = *response.add_outputs();
      output.set_name("output" + std::to_string(i));
      elements.push_back(Fill(dice, typed, output));
      if (!typed) response.add_raw_output_contents(elements.back());
    }
    const ReceivedProto received = ReceivedMessage(response.SerializeAsString(), 0, dice.Below(8));
    const auto read = DecodeGrpcInferResponse(received.bytes, received.keep_alive, pool);
    ASSERT_TRUE(read.ok()) << read.status() << response.DebugString();
    EXPECT_EQ(read->model_name, response.model_name());
    ExpectSame(response.parameters(), read->parameters);
    ExpectSame(response.outputs(), elements, read->outputs);

    const InferResponse answer{.model = {.name = read->model_name, .version = 7},
                               .outputs = read->outputs,
                               .parameters = read->parameters,
                               .stages = {}};
    const auto written = EncodeGrpcInferResponse(answer, {.id = read->id, .outputs = {}, .final_response = {}});
    ASSERT_TRUE(written.ok()) << written.status();
    for (int i = 0; typed && i < response.outputs_size(); ++i) {
      response.mutable_outputs(i)->clear_contents();
      response.add_raw_output_contents(elements[static_cast<size_t>(i)]);
    }
    ModelInferResponse parsed;
    ASSERT_TRUE(parsed.ParseFromString(written->Joined()));
    EXPECT_TRUE(MessageDifferencer::Equals(parsed, response)) << parsed.DebugString() << response.DebugString();
  }
}

// A message that is cut off or changed somewhere is refused, or is one that the library reads too.
TEST(InferProtoLibraryTest, WhatTheLibraryRefusesIsRefused) {
  MemoryPool pool;
  ModelInferRequest request;
  request.set_model_name("m");
  auto& input = *request.add_inputs();
  Dice fill(7);
  input.set_name("x");
  request.add_raw_input_contents(Fill(fill, false, input));
  FillParameters(fill, *request.mutable_parameters());
  const std::string message = request.SerializeAsString();
  for (uint32_t seed = 0; seed < 20'000; ++seed) {
    Dice dice(seed);
    std::string changed = message;
    changed[dice.Below(changed.size())] = static_cast<char>('\x20' + dice.Below(64));
    if (dice.Flip()) changed.resize(dice.Below(changed.size()));
    const ReceivedProto received = ReceivedMessage(changed);
    const auto read = DecodeGrpcInferRequest(received.bytes, received.keep_alive, pool);
    ModelInferRequest parsed;
    EXPECT_TRUE(!read.ok() || parsed.ParseFromString(changed)) << seed;
  }
}

}  // namespace
}  // namespace trireme::kserve
