// SPDX-License-Identifier: Apache-2.0
#include "recording/recorded_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tensor/bytes_elements.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

class RecordedCallTest : public testing::Test {
 protected:
  NamedTensor Floats(const std::string& name, std::vector<float> values) {
    NamedTensor named{.name = name,
                      .tensor = MakeTensor(pool_, DataType::kFp32, {static_cast<int64_t>(values.size())})};
    std::memcpy(named.tensor.data.mutable_data(), values.data(), named.tensor.data.size());
    return named;
  }
  RecordedCall Call() {
    RecordedCall call{.time = microseconds(1250), .protocol = "kserve-http", .model = "m"};
    call.request.inputs.push_back(Floats("x", {1, 2.5}));
    return call;
  }
  std::string Wrong(const std::string& line) { return DecodeCall(line, pool_).status().message(); }

  MemoryPool pool_;
};

TEST_F(RecordedCallTest, IsALineThatPeopleCanRead) {
  RecordedCall call = Call();
  call.version = int64_t{3};
  call.tenant = "shop";
  call.request.form.id = "a";
  call.request.form.outputs.push_back({.name = "y"});
  call.request.priority = 2;
  EXPECT_EQ(EncodeCall(call).value(),
            R"({"time_us":1250,"protocol":"kserve-http","model":"m","version":"3","tenant":"shop","request":)"
            R"({"id":"a","parameters":{"priority":2},"inputs":[{"name":"x","datatype":"FP32","shape":[2],)"
            R"("data":[1,2.5]}],"outputs":[{"name":"y"}]}})"
            "\n");
}

TEST_F(RecordedCallTest, IsReadAsItWasWritten) {
  RecordedCall call = Call();
  call.version = VersionChoice::OfLabel("stable");
  call.signature = "classify";
  call.request.sequence = {.id = uint64_t{9}, .start = true, .end = false};
  call.request.timeout = microseconds(77);
  call.request.parameters = {{"p", 1.5}, {"q", std::string("\"text\"")}};
  call.request.inputs.push_back(Floats("large", std::vector<float>(2000, 0.1F)));
  call.request.inputs.push_back(Floats("odd", {std::numeric_limits<float>::infinity()}));
  std::vector<std::byte> elements;
  AppendBytesElement(elements, std::string("\xff\0", 2));
  call.request.inputs.push_back(
      {.name = "bytes", .tensor = {.type = DataType::kBytes, .shape = {1}, .data = Buffer::CopyOf(elements)}});
  const std::string line = EncodeCall(call).value();
  EXPECT_THAT(line, HasSubstr("\"request_binary\":[\""));
  const RecordedCall read = DecodeCall(line, pool_).value();
  EXPECT_EQ(read.time, call.time);
  EXPECT_EQ(read.protocol, call.protocol);
  EXPECT_EQ(read.model, "m");
  EXPECT_EQ(read.version, call.version);
  EXPECT_EQ(read.signature, "classify");
  EXPECT_EQ(read.request.parameters, call.request.parameters);
  ASSERT_EQ(read.request.inputs.size(), call.request.inputs.size());
  for (size_t i = 0; i < call.request.inputs.size(); ++i) {
    const Tensor& was = call.request.inputs[i].tensor;
    const Tensor& is = read.request.inputs[i].tensor;
    EXPECT_EQ(is.type, was.type);
    EXPECT_EQ(is.shape, was.shape);
    ASSERT_EQ(is.data.size(), was.data.size());
    EXPECT_EQ(std::memcmp(is.data.data(), was.data.data(), is.data.size()), 0) << i;
  }
  EXPECT_EQ(EncodeCall(read).value(), line);
}

TEST_F(RecordedCallTest, HasItsAnswer) {
  RecordedCall call = Call();
  InferResponse response{.model = {"m", 3}, .outputs = {}, .parameters = {}, .stages = {}};
  response.outputs = {Floats("y", {4}), Floats("z", std::vector<float>(2000, 0.1F))};
  call.answer = RecordedAnswer{.took = microseconds(840), .status = {}, .body = EncodeAnswer(response).value()};
  const std::string line = EncodeCall(call).value();
  const RecordedCall read = DecodeCall(line, pool_).value();
  ASSERT_TRUE(read.answer.has_value());
  EXPECT_EQ(read.answer->took, microseconds(840));
  EXPECT_EQ(EncodeCall(DecodeCall(line, pool_).value()).value(), line);
  const std::string body =
      read.answer->body.json + std::string(reinterpret_cast<const char*>(read.answer->body.tensors.at(0).data()),
                                           read.answer->body.tensors[0].size());
  const auto message = kserve::DecodeInferResponse(
      {.bytes = std::as_bytes(std::span(body)), .keep_alive = nullptr, .json_bytes = read.answer->body.json.size()},
      pool_);
  EXPECT_EQ(message.value().outputs[1].tensor.As<float>()[1999], 0.1F);
}

TEST_F(RecordedCallTest, HasItsFailure) {
  RecordedCall call = Call();
  call.answer = RecordedAnswer{.took = microseconds(5), .status = Overloaded("the line is full"), .body = {}};
  const std::string line = EncodeCall(call).value();
  EXPECT_THAT(line, HasSubstr(R"("took_us":5,"error":{"code":"overloaded","message":"the line is full"}})"));
  const RecordedCall read = DecodeCall(line, pool_).value();
  EXPECT_EQ(read.answer->status.code(), StatusCode::kOverloaded);
  EXPECT_EQ(read.answer->status.message(), "the line is full");
}

TEST_F(RecordedCallTest, SaysWhatIsWrongWithALine) {
  const std::string good = EncodeCall(Call()).value();
  EXPECT_THAT(Wrong(good.substr(0, good.size() / 2)), HasSubstr("found the end"));
  EXPECT_THAT(Wrong("text"), HasSubstr("expected"));
  EXPECT_EQ(Wrong(R"({"model":"m","request":{"inputs":[]}})"), "time_us: expected a number, found nothing");
  EXPECT_EQ(Wrong(R"({"time_us":1,"request":{"inputs":[]}})"), "model: expected a name, found nothing");
  EXPECT_EQ(Wrong(R"({"time_us":1,"model":"m"})"), "request: expected an object, found nothing");
  EXPECT_THAT(Wrong(R"({"time_us":-1,"model":"m"})"), HasSubstr("time_us: "));
  EXPECT_THAT(Wrong(R"({"time_us":18446744073709551615,"model":"m"})"), HasSubstr("time_us: expected at most"));
  EXPECT_EQ(Wrong(R"({"time_us":1,"time_us":1})"), "time_us: expected once, found twice");
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","version":"1x"})"), HasSubstr("version: expected the number"));
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","version":"99999999999999999999"})"), HasSubstr("version: expected"));
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","request":[]})"), HasSubstr("request: "));
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","request":{"inputs":[]},"request_binary":["A"]})"),
              HasSubstr("request_binary[0]: expected Base64"));
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","request":{"inputs":[{"name":"x","shape":[2],"datatype":"FP32",)"
                    R"("data":[1]}]}})"),
              HasSubstr("request: inputs[0].data"));
  EXPECT_THAT(Wrong(R"({"time_us":1,"model":"m","request":{"inputs":[]},"request_binary":["AAAA"]})"),
              HasSubstr("3 bytes that belong to no tensor"));
}

TEST_F(RecordedCallTest, TellsAHeadFromARequest) {
  EXPECT_TRUE(IsRecordingHead(EncodeRecordingHead("trireme 1", "2026-11-21T23:20:48Z")));
  EXPECT_FALSE(IsRecordingHead(EncodeCall(Call()).value()));
  EXPECT_FALSE(IsRecordingHead("{"));
  EXPECT_FALSE(IsRecordingHead(""));
}

TEST_F(RecordedCallTest, IsNotWrittenWhereJsonHasNoWordForIt) {
  RecordedCall call = Call();
  call.request.parameters = {{"p", std::numeric_limits<double>::quiet_NaN()}};
  EXPECT_FALSE(EncodeCall(call).ok());
}

}  // namespace
}  // namespace trireme
