// SPDX-License-Identifier: Apache-2.0
#include "codec/json_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace trireme {
namespace {

using ::testing::HasSubstr;

Status Check(std::string_view text, NonFinite non_finite = NonFinite::kRefuse) {
  JsonCursor json(text);
  json.Skip(non_finite);
  json.Finish();
  return json.status();
}

TEST(JsonCursorTest, AcceptsWhatTheStandardAllows) {
  for (const std::string_view text : {
           "{}",
           "[]",
           " \t\r\n{ \"a\" : [ 1 , -2.5e+3 , true , false , null , \"x\" ] , \"b\":{} } \n",
           "0",
           "-0",
           "1E5",
           "1.0e-7",
           "\"\"",
           "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
           "\"\xC3\xA9 \xF0\x9F\x98\x80 \x7F\"",
           "[[],[[]],{\"\":{}}]",
       }) {
    EXPECT_TRUE(Check(text).ok()) << text << ": " << Check(text);
  }
}

struct Refused {
  std::string_view text;
  std::string_view message;
};

TEST(JsonCursorTest, SaysWhatWasExpectedWhatCameAndWhere) {
  for (const Refused& refused : std::vector<Refused>{
           {"", "expected a value, found the end at byte 0"},
           {"  ", "expected a value, found the end at byte 2"},
           {"{", "expected a key or '}', found the end at byte 1"},
           {"{1:2}", "expected a key or '}', found number 1 at byte 1"},
           {"{\"a\"}", "expected ':', found '}' at byte 4"},
           {"{\"a\":}", "expected a value, found '}' at byte 5"},
           {"{\"a\":1,}", "expected a key, found '}' at byte 7"},
           {"{\"a\":1 \"b\":2}", "expected ',' or '}', found string \"b\" at byte 7"},
           {"{\"a\":1]", "expected ',' or '}', found ']' at byte 6"},
           {"[1,]", "expected a value, found ']' at byte 3"},
           {"[,1]", "expected a value, found ',' at byte 1"},
           {"[1 2]", "expected ',' or ']', found number 2 at byte 3"},
           {"[1}", "expected ',' or ']', found '}' at byte 2"},
           {"[1", "expected ',' or ']', found the end at byte 2"},
           {"01", "expected a number, found number 01 at byte 0"},
           {"-", "expected a number, found number - at byte 0"},
           {"+1", "expected a value, found number +1 at byte 0"},
           {".5", "expected a value, found number .5 at byte 0"},
           {"5.", "expected a number, found number 5. at byte 0"},
           {"1e", "expected a number, found number 1e at byte 0"},
           {"1x", "expected the end of the document, found x at byte 1"},
           {"0x10", "expected the end of the document, found x10 at byte 1"},
           {"nul", "expected null, found nul at byte 0"},
           {"True", "expected a value, found True at byte 0"},
           {"NaN", "expected a value, found NaN at byte 0"},
           {"-Infinity", "expected a value, found number -Infinity at byte 0"},
           {"{} x", "expected the end of the document, found x at byte 3"},
           {"\"a", "expected '\"' at the end of a string, found the end at byte 2"},
           {"\"a\nb\"", "expected control characters in a string to be escaped, found byte 0x0A at byte 2"},
           {"\"\\x\"", "expected one of \"\\/bfnrtu, found 'x' at byte 2"},
           {"\"\\", "expected an escape, found the end at byte 2"},
           {"\"\\u12g4\"", "expected u and four hexadecimal digits that are no low surrogate, found 'u' at byte 2"},
           {"\"\\uDC00\"", "expected u and four hexadecimal digits that are no low surrogate, found 'u' at byte 2"},
           {"\"\\uD800x\"", "expected \\uDC00 to \\uDFFF behind a high surrogate, found 'x' at byte 7"},
           {"\"\\uD800\\u0041\"", "expected \\uDC00 to \\uDFFF behind a high surrogate, found '\\' at byte 7"},
           {"\"\xC0\x80\"", "expected UTF-8, found byte 0xC0 at byte 1"},
           {"\"\xED\xA0\x80\"", "expected UTF-8, found byte 0xED at byte 1"},
           {"\"\xF0\x9F\x98\"", "expected UTF-8, found byte 0xF0 at byte 1"},
           {"\xEF\xBB\xBF{}", "expected a value, found byte 0xEF at byte 0"},
           {"'a'", "expected a value, found ''' at byte 0"},
           {"[1]//", "expected the end of the document, found '/' at byte 3"},
       }) {
    EXPECT_EQ(Check(refused.text).message(), refused.message) << refused.text;
  }
}

TEST(JsonCursorTest, TakesWhatIsNoNumberOnlyWhereAsked) {
  for (const std::string_view text : {"NaN", "Infinity", "-Infinity", "[1,NaN,-Infinity]"}) {
    EXPECT_FALSE(Check(text).ok()) << text;
    EXPECT_TRUE(Check(text, NonFinite::kAccept).ok()) << text;
  }
  for (const std::string_view text : {"nan", "inf", "-NaN", "+Infinity", "infinity", "Inf"}) {
    EXPECT_FALSE(Check(text, NonFinite::kAccept).ok()) << text;
  }
}

TEST(JsonCursorTest, HandsOutMembersAndElementsInOrder) {
  JsonCursor json(R"({"name":"x\u0041","ok":true,"none":null,"n":[-7,[2.5],18446744073709551615]} )");
  ASSERT_TRUE(json.EnterObject());
  EXPECT_EQ(json.NextKey(), "name");
  EXPECT_EQ(json.ReadString(), "xA");
  EXPECT_EQ(json.NextKey(), "ok");
  EXPECT_EQ(json.ReadBool(), true);
  EXPECT_EQ(json.NextKey(), "none");
  EXPECT_EQ(json.Peek(), JsonCursor::Kind::kNull);
  EXPECT_TRUE(json.ReadNull());
  EXPECT_EQ(json.NextKey(), "n");
  ASSERT_TRUE(json.EnterArray());
  ASSERT_TRUE(json.NextElement());
  EXPECT_EQ(json.ReadInt64(), -7);
  ASSERT_TRUE(json.NextElement());
  ASSERT_TRUE(json.EnterArray());
  ASSERT_TRUE(json.NextElement());
  EXPECT_EQ(json.ReadDouble(), 2.5);
  EXPECT_FALSE(json.NextElement());
  ASSERT_TRUE(json.NextElement());
  EXPECT_EQ(json.ReadUint64(), 18446744073709551615U);
  EXPECT_FALSE(json.NextElement());
  EXPECT_EQ(json.NextKey(), std::nullopt);
  EXPECT_TRUE(json.Finish());
  EXPECT_TRUE(json.ok()) << json.status();
}

TEST(JsonCursorTest, RefusesTheWrongKindOfValue) {
  EXPECT_FALSE(JsonCursor("[]").EnterObject());
  EXPECT_FALSE(JsonCursor("{}").EnterArray());
  EXPECT_FALSE(JsonCursor("1").ReadString());
  EXPECT_FALSE(JsonCursor("1").ReadBool());
  EXPECT_FALSE(JsonCursor("1").ReadNull());
  EXPECT_FALSE(JsonCursor("\"1\"").ReadInt64());
  EXPECT_FALSE(JsonCursor("true").ReadDouble());
  EXPECT_FALSE(JsonCursor("[").ReadNumberText());
}

TEST(JsonCursorTest, BoundsNestingWithoutRecursion) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(Check(deep).message(), "expected at most 64 levels of nesting, found an array at byte 64");
  JsonCursor two("[[1]]", 2);
  EXPECT_TRUE(two.Skip());
  JsonCursor one("[[1]]", 1);
  EXPECT_FALSE(one.Skip());
  EXPECT_THAT(one.status().message(), HasSubstr("at most 1 levels"));
}

TEST(JsonCursorTest, KeepsTheFirstFailure) {
  JsonCursor json("[1,x]");
  ASSERT_TRUE(json.EnterArray());
  ASSERT_TRUE(json.NextElement());
  EXPECT_FALSE(json.ReadString());
  const std::string first = json.status().message();
  EXPECT_FALSE(json.ReadInt64());
  EXPECT_FALSE(json.NextElement());
  EXPECT_FALSE(json.NextKey());
  EXPECT_FALSE(json.Skip());
  EXPECT_FALSE(json.Finish());
  json.Refuse(0, "nothing");
  EXPECT_EQ(json.status().message(), first);
}

TEST(JsonCursorTest, ReadsTheSameValueLater) {
  JsonCursor json(R"({"data":[1,2],"kind":"int"})");
  ASSERT_TRUE(json.EnterObject());
  ASSERT_TRUE(json.NextKey());
  json.Peek();
  const size_t at = json.offset();
  ASSERT_TRUE(json.Skip());
  ASSERT_TRUE(json.NextKey());
  ASSERT_TRUE(json.Skip());
  JsonCursor data = json.At(at);
  ASSERT_TRUE(data.EnterArray());
  std::array<int32_t, 2> values{};
  EXPECT_EQ(data.ReadNumbers<int32_t>(values), 2U);
  EXPECT_EQ(values, (std::array<int32_t, 2>{1, 2}));
  EXPECT_FALSE(data.NextElement());
  EXPECT_TRUE(data.ok());
}

TEST(JsonCursorTest, ReadsNumbersUntilFullOrEndedOrWrong) {
  std::array<int8_t, 3> values{};
  JsonCursor more("[1, -128 ,\n127,4]");
  ASSERT_TRUE(more.EnterArray());
  EXPECT_EQ(more.ReadNumbers<int8_t>(values), 3U);
  EXPECT_EQ(values, (std::array<int8_t, 3>{1, -128, 127}));
  EXPECT_TRUE(more.NextElement());

  JsonCursor fewer("[1]");
  ASSERT_TRUE(fewer.EnterArray());
  EXPECT_EQ(fewer.ReadNumbers<int8_t>(values), 1U);
  EXPECT_TRUE(fewer.ok());

  JsonCursor wrong("[1,128]");
  ASSERT_TRUE(wrong.EnterArray());
  EXPECT_EQ(wrong.ReadNumbers<int8_t>(values), 1U);
  EXPECT_EQ(wrong.status().message(), "expected an integer from -128 to 127, found number 128 at byte 3");
  EXPECT_EQ(wrong.status().code(), StatusCode::kInvalidArgument);
}

TEST(JsonCursorTest, UnescapesKeysAndStringsIndependently) {
  JsonCursor json(R"({"\u006bey":"v\n"})");
  ASSERT_TRUE(json.EnterObject());
  const auto key = json.NextKey();
  const auto value = json.ReadString();
  EXPECT_EQ(key, "key");
  EXPECT_EQ(value, "v\n");
}

TEST(JsonCursorTest, UnescapesAllOfUnicode) {
  JsonCursor json(R"("\u0000\u007f\u0080\u07FF\u0800\uFFFF\ud800\udc00\uDBFF\uDFFF")");
  EXPECT_EQ(json.ReadString(), std::string_view("\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80"
                                                "\xF4\x8F\xBF\xBF",
                                                20));
}

TEST(JsonCursorTest, ShowsOnlyTheBeginningOfWhatItFound) {
  const std::string text = "\"" + std::string(1000, 'y') + "\"";
  JsonCursor json(text);
  EXPECT_FALSE(json.ReadInt64());
  EXPECT_LT(json.status().message().size(), 200U);
}

// Under the address sanitizer a read past the end of the exact allocation is fatal.
TEST(JsonCursorTest, ReadsNothingBehindTheText) {
  const std::string whole = R"({"a":[1.5,-12345678.25,0.1,12345678901234567890,"\uD83D\uDE00é",true,null]})";
  for (size_t size = 0; size <= whole.size(); ++size) {
    const auto exact = std::make_unique<char[]>(size);
    std::copy_n(whole.data(), size, exact.get());
    JsonCursor json(std::string_view(exact.get(), size));
    EXPECT_EQ(json.Skip() && json.Finish(), size == whole.size()) << size;
    JsonCursor numbers(std::string_view(exact.get(), size));
    std::array<float, 4> values{};
    if (numbers.EnterObject() && numbers.NextKey() && numbers.EnterArray()) {
      EXPECT_EQ(numbers.ReadNumbers<float>(values) == values.size(), size > whole.find(",12345678901") + 1) << size;
    }
  }
}

TEST(JsonCursor, ReadsOneNumberOfAType) {
  EXPECT_EQ(JsonCursor("255").ReadAs<uint8_t>(), 255);
  EXPECT_FALSE(JsonCursor("256").ReadAs<uint8_t>());
  EXPECT_EQ(JsonCursor("1.00000017881393432617187499").ReadAs<float>(), 0x1.000002p0F);  // rounded once
  EXPECT_FALSE(JsonCursor("NaN").ReadAs<float>());
  EXPECT_TRUE(JsonCursor("NaN").ReadAs<float>(NonFinite::kAccept));
}

TEST(JsonCursor, ShowsTheTextOfAValue) {
  JsonCursor json(R"( {"a": [1, 2]} )");
  json.Peek();
  EXPECT_EQ(json.TextFrom(json.offset()), R"({"a": [1, 2]} )");
}

}  // namespace
}  // namespace trireme
