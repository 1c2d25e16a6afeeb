// SPDX-License-Identifier: Apache-2.0
#include "codec/proto_wire.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace trireme {
namespace {

std::vector<ProtoField> ReadAll(std::string_view message, bool& malformed) {
  ProtoReader reader(message);
  std::vector<ProtoField> fields;
  while (std::optional<ProtoField> field = reader.Next()) fields.push_back(*field);
  malformed = reader.malformed();
  return fields;
}

TEST(ProtoWire, ReadsBackWhatItWrote) {
  std::string message;
  ProtoWriter writer(message);
  writer.Varint(1, std::numeric_limits<uint64_t>::max());
  writer.Fixed32(2, 0x3f800000);
  writer.Fixed64(3, 0x3ff0000000000000);
  writer.Bytes(4, "abc");
  writer.Bytes(536'870'911, "");
  bool malformed = true;
  const std::vector<ProtoField> fields = ReadAll(message, malformed);
  EXPECT_FALSE(malformed);
  ASSERT_EQ(fields.size(), 5U);
  EXPECT_EQ(fields[0].value, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(fields[1].value, 0x3f800000U);
  EXPECT_EQ(fields[2].value, 0x3ff0000000000000U);
  EXPECT_EQ(fields[3].bytes, "abc");
  EXPECT_EQ(fields[4].number, 536'870'911);
}

TEST(ProtoWire, EveryCutOffMessageIsMalformedOrShorter) {
  std::string message;
  ProtoWriter writer(message);
  writer.Bytes(1, "abcdef");
  for (size_t bytes = 1; bytes < message.size(); ++bytes) {
    bool malformed = false;
    EXPECT_TRUE(ReadAll(std::string_view(message).substr(0, bytes), malformed).empty());
    EXPECT_TRUE(malformed) << bytes;
  }
}

TEST(ProtoWire, RefusesGroupsFieldZeroAndLengthsThatLie) {
  for (const std::string_view bytes :
       {std::string_view("\x0b", 1), std::string_view("\x00\x01", 2), std::string_view("\x0a\x05xy", 4),
        std::string_view("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11),
        std::string_view("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)}) {
    bool malformed = false;
    EXPECT_TRUE(ReadAll(bytes, malformed).empty());
    EXPECT_TRUE(malformed);
  }
}

TEST(ProtoWire, KnowsHowLongAVarintIs) {
  for (const uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}, uint64_t{16'383}, uint64_t{16'384},
                               std::numeric_limits<uint64_t>::max()}) {
    std::string out;
    ProtoWriter::AppendVarint(out, value);
    EXPECT_EQ(ProtoWriter::VarintBytes(value), out.size()) << value;
  }
}

template <typename Sink>
void WriteEverything(Sink& sink) {
  sink.Varint(1, 300);
  sink.Fixed32(2, 1);
  sink.Fixed64(16, 1);
  sink.Bytes(4000, "abc");
  sink.Message(5, [](auto& inside) {
    inside.Varint(1, 1);
    inside.Message(2, [](auto& packed) {
      for (const uint64_t value : {uint64_t{0}, uint64_t{127}, uint64_t{128}}) packed.PackedVarint(value);
    });
    inside.Bytes(3, std::string(200, 'x'));
  });
}

TEST(ProtoWire, TheSizerCountsWhatTheWriterWrites) {
  std::string message;
  ProtoWriter writer(message);
  WriteEverything(writer);
  ProtoSizer sizer;
  WriteEverything(sizer);
  EXPECT_EQ(sizer.bytes(), message.size());

  bool malformed = true;
  const std::vector<ProtoField> fields = ReadAll(message, malformed);
  EXPECT_FALSE(malformed);
  ASSERT_EQ(fields.size(), 5U);
  const std::vector<ProtoField> inside = ReadAll(fields[4].bytes, malformed);
  EXPECT_FALSE(malformed);
  ASSERT_EQ(inside.size(), 3U);
  EXPECT_EQ(inside[1].bytes, std::string_view("\x00\x7f\x80\x01", 4));
  EXPECT_EQ(inside[2].bytes, std::string(200, 'x'));
}

}  // namespace
}  // namespace trireme
