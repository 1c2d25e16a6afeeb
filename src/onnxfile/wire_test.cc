// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "onnxfile/wire_reader.h"
#include "onnxfile/wire_writer.h"

namespace trireme::onnxfile {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): the suffix alone

TEST(Wire, ReadsBackWhatWasWritten) {
  WireWriter out;
  out.Varint(1, -1);
  out.Float(2, 1.5F);
  out.Bytes(300, "text");
  const std::string message = std::move(out).Take();

  ByteSource source(message);
  WireReader reader(source, {0, message.size()});
  EXPECT_EQ(reader.Next()->as_int(), -1);
  EXPECT_EQ(reader.Next()->as_float(), 1.5F);
  const auto text = reader.Next();
  EXPECT_TRUE(text->IsBytes(300));
  EXPECT_EQ(*source.Text(text->bytes), "text");
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.malformed());
}

TEST(Wire, LengthsOfMessagesCountWhatIsInside) {
  WireWriter out;
  out.Message(1, [&] {
    out.Message(2, [&] { out.Bytes(3, std::string(1000, 'x')); });
    out.Varint(4, 5);
  });
  const std::string message = std::move(out).Take();

  ByteSource source(message);
  WireReader outer(source, {0, message.size()});
  WireReader middle(source, outer.Next()->bytes);
  WireReader inner(source, middle.Next()->bytes);
  EXPECT_EQ(inner.Next()->bytes.size(), 1000U);
  EXPECT_EQ(middle.Next()->as_int(), 5);
  EXPECT_FALSE(outer.Next());
  EXPECT_FALSE(outer.malformed());
}

TEST(Wire, StopsAtBytesThatAreNoProtobuf) {
  const std::string cases[] = {
      "\x08"s,                                              // a number is missing
      "\x08\xff"s,                                          // a number is cut off
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // a number is too long
      "\x0a\x05"
      "abc"s,                                           // bytes are cut off
      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // a length of 2^64 - 1
      "\x0d\x01\x02"s,                                  // four bytes are cut off
      "\x09\x01\x02\x03\x04"s,                          // eight bytes are cut off
      "\x0b"s,                                          // a group
      "\x0f"s,                                          // a type that does not exist
      "\x00\x01"s,                                      // field number 0
  };
  for (const std::string& bytes : cases) {
    ByteSource source(bytes);
    WireReader reader(source, {0, bytes.size()});
    EXPECT_FALSE(reader.Next());
    EXPECT_TRUE(reader.malformed()) << testing::PrintToString(bytes);
    EXPECT_FALSE(reader.Next());
  }
}

TEST(Wire, SaysWhereAFieldEndsThatIsPartlyOutOfSight) {
  const std::string message = "\x0a\xe8\x07xyz";
  ByteSource source(message);
  WireReader reader(source, {0, 2000});
  const auto field = reader.Next();
  ASSERT_TRUE(field);
  EXPECT_EQ(field->bytes.begin, 3U);
  EXPECT_EQ(field->bytes.end, 1003U);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.malformed());
}

TEST(Wire, UnpacksNumbers) {
  const std::string packed = "\x01\xac\x02\x80";
  PackedVarints numbers(packed);
  EXPECT_EQ(numbers.Next(), 1);
  EXPECT_EQ(numbers.Next(), 300);
  EXPECT_EQ(numbers.Next(), std::nullopt);
}

}  // namespace
}  // namespace trireme::onnxfile
