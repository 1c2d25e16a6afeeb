// SPDX-License-Identifier: Apache-2.0
#include "bench/stream_answer.h"

#include <gtest/gtest.h>

#include "codec/proto_wire.h"

namespace trireme::bench {
namespace {

std::string Parameter(std::string_view key, bool value) {
  std::string choice, entry;
  ProtoWriter(choice).Varint(1, value ? 1 : 0);
  ProtoWriter(entry).Bytes(1, key);
  ProtoWriter(entry).Bytes(2, choice);
  return entry;
}

std::string Response(std::string_view id, std::string_view parameter, size_t tensor_bytes) {
  std::string inner, outer;
  ProtoWriter(inner).Bytes(1, "model");
  ProtoWriter(inner).Bytes(3, id);
  ProtoWriter(inner).Bytes(4, Parameter("other", true));
  if (!parameter.empty()) ProtoWriter(inner).Bytes(4, parameter);
  ProtoWriter(inner).Bytes(6, std::string(tensor_bytes, 'x'));
  ProtoWriter(outer).Bytes(2, inner);
  return outer;
}

TEST(StreamAnswerTest, ReadsIdAndWhetherItIsTheLast) {
  const std::string bytes = Response("17", Parameter("triton_final_response", true), 4);
  const StreamAnswer answer = ReadStreamAnswer(bytes);
  EXPECT_EQ(answer.id, "17");
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.is_final, true);
  EXPECT_EQ(ReadStreamAnswer(Response("1", Parameter("triton_final_response", false), 4)).is_final, false);
  EXPECT_EQ(ReadStreamAnswer(Response("1", {}, 4)).is_final, std::nullopt);
}

TEST(StreamAnswerTest, ItsBeginningIsEnough) {
  const std::string bytes = Response("17", Parameter("triton_final_response", true), 1 << 20);
  const StreamAnswer answer = ReadStreamAnswer(std::string_view(bytes).substr(0, kStreamAnswerBytes));
  EXPECT_EQ(answer.id, "17");
  EXPECT_EQ(answer.is_final, true);
}

TEST(StreamAnswerTest, TellsWhetherThereAreOutputs) {
  EXPECT_TRUE(ReadStreamAnswer(Response("1", Parameter("triton_final_response", true), 4)).has_outputs);
  EXPECT_TRUE(ReadStreamAnswer(Response("1", {}, 1 << 20).substr(0, kStreamAnswerBytes)).has_outputs);
  std::string inner, outer;
  ProtoWriter(inner).Bytes(3, "1");
  ProtoWriter(inner).Bytes(4, Parameter("triton_final_response", true));
  ProtoWriter(outer).Bytes(2, inner);
  EXPECT_FALSE(ReadStreamAnswer(outer).has_outputs);
}

TEST(StreamAnswerTest, ReadsAnError) {
  std::string inner, outer;
  ProtoWriter(inner).Bytes(3, "5");
  ProtoWriter(outer).Bytes(1, "no such model");
  ProtoWriter(outer).Bytes(2, inner);
  EXPECT_EQ(ReadStreamAnswer(outer).error, "no such model");
  EXPECT_EQ(ReadStreamAnswer(outer).id, "5");
}

}  // namespace
}  // namespace trireme::bench
