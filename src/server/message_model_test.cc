// SPDX-License-Identifier: Apache-2.0
#include "server/message_model.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "codec/proto_wire.h"

namespace trireme {
namespace {

Result<std::string> ModelOf(const std::string& message) {
  ASSIGN_OR_RETURN(const std::string_view model, MessageModel(std::as_bytes(std::span(message)), 1));
  return std::string(model);
}

std::string Inside(int number, const std::string& message) {
  std::string outer;
  ProtoWriter(outer).Bytes(number, message);
  return outer;
}

Result<std::string> ModelWithin(const std::string& message, std::array<int, 2> within) {
  ASSIGN_OR_RETURN(const std::string_view model, MessageModel(std::as_bytes(std::span(message)), 1, within));
  return std::string(model);
}

TEST(MessageModel, IsTheFieldThatNamesIt) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(2, "other");
  writer.Bytes(1, "resnet");
  writer.Varint(3, 7);
  EXPECT_EQ(*ModelOf(message), "resnet");
  EXPECT_EQ(*ModelOf(""), "");
}

// As protobuf has it. If the method took another than the one that was asked for, a key would open what it must not.
TEST(MessageModel, IsTheLastWhereThereAreSeveral) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(1, "allowed");
  writer.Bytes(1, "wanted");
  EXPECT_EQ(*ModelOf(message), "wanted");
  writer.Bytes(1, "");
  EXPECT_EQ(*ModelOf(message), "");
}

// A loop has no time for them.
TEST(MessageModel, IsNotLookedForAmongMillionsOfFields) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(1, "resnet");
  for (int i = 0; i < 200'000; ++i) writer.Varint(3, 7);
  EXPECT_EQ(ModelOf(message).status().message(), "message: expected at most 131072 fields, found more");
  EXPECT_FALSE(ModelWithin(Inside(3, message), {3, 0}).ok());
}

TEST(MessageModel, MayBeInAMessageOfIt) {
  const std::string named = Inside(1, "resnet");
  EXPECT_EQ(*ModelWithin(Inside(3, named), {3, 0}), "resnet");
  EXPECT_EQ(*ModelWithin(Inside(4, Inside(3, named)), {4, 3}), "resnet");
  EXPECT_EQ(*ModelWithin(named, {0, 0}), "resnet");
  EXPECT_EQ(*ModelWithin(Inside(2, named), {3, 0}), "");
  // A message that is there in pieces is all of them, and its last name counts.
  EXPECT_EQ(*ModelWithin(Inside(3, named) + Inside(3, Inside(1, "other")) + Inside(3, Inside(2, "v")), {3, 0}),
            "other");
  EXPECT_FALSE(ModelWithin(Inside(3, "\xff"), {3, 0}).ok());
  EXPECT_FALSE(ModelWithin("\x18\x01", {3, 0}).ok());
}

TEST(MessageModel, RefusesAFieldThatIsNoString) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(1, "resnet");
  writer.Varint(1, 7);
  EXPECT_EQ(ModelOf(message).status().code(), StatusCode::kInvalidArgument);
}

TEST(MessageModel, RefusesWhatIsNoProtobuf) {
  EXPECT_EQ(ModelOf("\x0a\x7fresnet").status().message(), "the message is not a protobuf message: malformed at byte 0");
  EXPECT_EQ(ModelOf("\xff").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme
