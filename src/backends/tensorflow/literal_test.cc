// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/literal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "codec/proto_wire.h"

namespace trireme::tensorflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kMost = 1000;

// A TensorProto of a type and shape, and `more` fields.
template <typename More>
std::string Message(int type, const std::vector<int64_t>& dims, More more) {
  std::string message;
  ProtoWriter writer(message);
  writer.Varint(1, static_cast<uint64_t>(type));
  writer.Message(2, [&](auto& shape) {
    for (const int64_t dim : dims) shape.Message(2, [&](auto& to) { to.Varint(1, static_cast<uint64_t>(dim)); });
  });
  more(writer);
  return message;
}

TEST(ReadTensorProto, TakesContentAsItLies) {
  const std::string message = Message(3, {2}, [](ProtoWriter& to) { to.Bytes(4, std::string("\1\0\0\0\2\0\0\0", 8)); });
  const Literal literal = ReadTensorProto(message, kMost).value();
  EXPECT_EQ(literal.type, ElementType::kInt32);
  EXPECT_TRUE(literal.owned.empty());
  EXPECT_THAT(*IntegersOf(literal, 10), ElementsAre(1, 2));
}

TEST(ReadTensorProto, PadsAShortListWithItsLastElement) {
  const std::string message = Message(9, {4}, [](ProtoWriter& to) {
    to.Varint(10, 5);
    to.Varint(10, static_cast<uint64_t>(-6));
  });
  EXPECT_THAT(*IntegersOf(ReadTensorProto(message, kMost).value(), 10), ElementsAre(5, -6, -6, -6));
  const std::string zeros = Message(3, {3}, [](ProtoWriter&) {});
  EXPECT_THAT(*IntegersOf(ReadTensorProto(zeros, kMost).value(), 10), ElementsAre(0, 0, 0));
  const std::string one = Message(1, {2}, [](ProtoWriter& to) { to.Fixed32(5, std::bit_cast<uint32_t>(2.5F)); });
  EXPECT_EQ(FirstNumberOf(ReadTensorProto(one, kMost).value()), 2.5);
}

TEST(ReadTensorProto, RefusesNumbersThatTheTypeHasNoRoomFor) {
  const auto refusal = [](int type, int list, int64_t value) {
    return ReadTensorProto(
               Message(type, {1}, [&](ProtoWriter& to) { to.Varint(list, static_cast<uint64_t>(value)); }), kMost)
        .status()
        .message();
  };
  constexpr int kUint8 = 4, kInt8 = 6, kInt32 = 3, kBool = 10, kHalf = 19, kUint32 = 22, kUint64 = 23;
  EXPECT_EQ(refusal(kUint8, 7, 255), "");
  EXPECT_EQ(refusal(kUint8, 7, 256), "a constant of DT_UINT8 has the value 256, which that type has no room for");
  EXPECT_THAT(refusal(kUint8, 7, -1), HasSubstr("DT_UINT8 has the value -1"));
  EXPECT_EQ(refusal(kInt8, 7, -128), "");
  EXPECT_THAT(refusal(kInt8, 7, 128), HasSubstr("DT_INT8 has the value 128"));
  EXPECT_THAT(refusal(kInt32, 7, int64_t{1} << 40), HasSubstr("DT_INT32"));
  EXPECT_THAT(refusal(kBool, 11, 2), HasSubstr("DT_BOOL"));
  EXPECT_THAT(refusal(kHalf, 13, 65536), HasSubstr("DT_HALF"));
  EXPECT_THAT(refusal(kUint32, 16, int64_t{1} << 32), HasSubstr("DT_UINT32"));
  EXPECT_EQ(refusal(kUint64, 17, -1), "");  // its largest number
  const std::string two = Message(kBool, {1}, [](ProtoWriter& to) { to.Bytes(4, "\2"); });
  EXPECT_THAT(ReadTensorProto(two, kMost).status().message(), HasSubstr("neither 0 nor 1"));
}

TEST(ReadTensorProto, RefusesWhatDoesNotFitItsShape) {
  const auto refusal = [](const std::string& message) { return ReadTensorProto(message, kMost).status().message(); };
  EXPECT_THAT(refusal(Message(3, {1}, [](ProtoWriter& to) { to.Bytes(4, "12345678"); })), HasSubstr("2 elements"));
  EXPECT_THAT(refusal(Message(3, {1}, [](ProtoWriter& to) { to.Bytes(7, "\1\2"); })), HasSubstr("2 elements"));
  EXPECT_THAT(refusal(Message(3, {-1}, [](ProtoWriter&) {})), HasSubstr("open dimension"));
  EXPECT_THAT(refusal(Message(3, {-2}, [](ProtoWriter&) {})), HasSubstr("dimension of -2"));
  EXPECT_THAT(refusal(Message(3, {1 << 30, 1 << 30}, [](ProtoWriter&) {})), HasSubstr("larger than any memory"));
  EXPECT_THAT(refusal(Message(3, {1000}, [](ProtoWriter& to) { to.Varint(7, 1); })), HasSubstr("is written as 4, more than the 1000 that"));
  EXPECT_THAT(refusal(Message(8, {1}, [](ProtoWriter&) {})), HasSubstr("data type 8"));
  EXPECT_THAT(refusal("\x0a"), HasSubstr("malformed"));
}

TEST(ReadTensorProto, TakesTexts) {
  const std::string message = Message(7, {3}, [](ProtoWriter& to) {
    to.Bytes(8, "a");
    to.Bytes(8, "b");
  });
  EXPECT_THAT(ReadTensorProto(message, kMost).value().strings, ElementsAre("a", "b", "b"));
}

TEST(ReadShape, KnowsThatNothingIsKnown) {
  std::string message;
  ProtoWriter(message).Varint(3, 1);
  EXPECT_EQ(ReadShape(message).value(), std::nullopt);
  EXPECT_EQ(ReadShape("").value(), Dims());
}

}  // namespace
}  // namespace trireme::tensorflow
