// SPDX-License-Identifier: Apache-2.0
#include "treefile/ubjson_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace trireme::treefile {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): the suffix alone
using testing::HasSubstr;

template <typename T>
std::optional<T> ReadOne(std::string_view bytes) {
  UbjsonCursor cursor(bytes);
  return cursor.ReadAs<T>();
}

template <typename T>
std::vector<T> ReadAll(std::string_view bytes) {
  UbjsonCursor cursor(bytes);
  std::array<T, 8> values{};
  if (!cursor.EnterArray()) return {};
  const size_t count = cursor.ReadNumbers(std::span<T>(values));
  EXPECT_TRUE(cursor.Finish()) << cursor.status();
  return {values.begin(), values.begin() + count};
}

std::string ProblemOfSkipping(std::string_view bytes) {
  UbjsonCursor cursor(bytes);
  EXPECT_FALSE(cursor.Skip() && cursor.Finish());
  EXPECT_EQ(cursor.status().code(), StatusCode::kInvalidArgument);
  return cursor.status().message();
}

TEST(UbjsonCursorTest, ReadsNumbersOfEveryWidthAsWhatIsAskedFor) {
  EXPECT_EQ(ReadOne<int64_t>("i\xFF"sv), -1);
  EXPECT_EQ(ReadOne<int64_t>("U\xFF"sv), 255);
  EXPECT_EQ(ReadOne<int32_t>("I\xFF\xFE"sv), -2);
  EXPECT_EQ(ReadOne<int32_t>("l\x80\0\0\0"sv), INT32_MIN);
  EXPECT_EQ(ReadOne<int64_t>("L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv), INT64_MAX);
  EXPECT_EQ(ReadOne<float>("d\x3F\x80\0\0"sv), 1.0F);
  EXPECT_EQ(ReadOne<double>("D\x3F\xF8\0\0\0\0\0\0"sv), 1.5);
  EXPECT_EQ(ReadOne<float>("U\x07"sv), 7.0F);
}

TEST(UbjsonCursorTest, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(ReadOne<uint8_t>("i\xFF"sv), std::nullopt);
  EXPECT_EQ(ReadOne<int32_t>("L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv), std::nullopt);
  EXPECT_EQ(ReadOne<int32_t>("d\x3F\x80\0\0"sv), std::nullopt);
  EXPECT_EQ(ReadOne<float>("D\x7F\xE0\0\0\0\0\0\0"sv), std::nullopt);  // 9e307
  EXPECT_EQ(ReadOne<float>("d\x7F\xC0\0\0"sv), std::nullopt);          // NaN
  EXPECT_TRUE(std::isnan(UbjsonCursor("d\x7F\xC0\0\0"sv).ReadAs<float>(NonFinite::kAccept).value()));
  EXPECT_EQ(ReadOne<int32_t>("l\0\0"sv), std::nullopt);
  EXPECT_EQ(ReadOne<int32_t>("T"sv), std::nullopt);
}

TEST(UbjsonCursorTest, ReadsArraysOfEveryForm) {
  EXPECT_THAT(ReadAll<int32_t>("[i\1i\2]"sv), testing::ElementsAre(1, 2));
  EXPECT_THAT(ReadAll<int32_t>("[#i\2i\1U\2"sv), testing::ElementsAre(1, 2));
  EXPECT_THAT(ReadAll<int32_t>("[$l#L\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\2"sv), testing::ElementsAre(1, 2));
  EXPECT_THAT(ReadAll<float>("[$d#U\1\x3F\x80\0\0"sv), testing::ElementsAre(1));
  EXPECT_THAT(ReadAll<uint8_t>("[$U#i\0"sv), testing::IsEmpty());
}

TEST(UbjsonCursorTest, WalksObjects) {
  UbjsonCursor cursor("{i\1aSi\3xyzL\0\0\0\0\0\0\0\1bZi\1cT}"sv);
  ASSERT_TRUE(cursor.EnterObject());
  EXPECT_EQ(cursor.NextKey(), "a");
  EXPECT_EQ(cursor.Peek(), JsonCursor::Kind::kString);
  EXPECT_EQ(cursor.ReadString(), "xyz");
  EXPECT_EQ(cursor.NextKey(), "b");
  EXPECT_EQ(cursor.Peek(), JsonCursor::Kind::kNull);
  EXPECT_TRUE(cursor.Skip());
  EXPECT_EQ(cursor.NextKey(), "c");
  EXPECT_EQ(cursor.ReadBool(), true);
  EXPECT_EQ(cursor.NextKey(), std::nullopt);
  EXPECT_TRUE(cursor.Finish());
}

TEST(UbjsonCursorTest, SkipsWhatIsInOneAnother) {
  UbjsonCursor cursor("{i\1a[{}[$d#i\1\0\0\0\0[#i\1Si\0]i\1bF}"sv);
  EXPECT_TRUE(cursor.Skip());
  EXPECT_TRUE(cursor.Finish()) << cursor.status();
}

TEST(UbjsonCursorTest, RefusesLengthsThatTheFileHasNoRoomFor) {
  EXPECT_THAT(ProblemOfSkipping("[$d#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv), HasSubstr("not of 9223372036854775807"));
  EXPECT_THAT(ProblemOfSkipping("[#i\7i\1i\2"sv), HasSubstr("no more elements"));
  EXPECT_THAT(ProblemOfSkipping("[$d#i\xFF"sv), HasSubstr("a length"));
  EXPECT_THAT(ProblemOfSkipping("SL\0\0\0\0\0\1\0\0abc"sv),
              HasSubstr("expected 65536 bytes from byte 10 on, found the end"));
  EXPECT_THAT(ProblemOfSkipping("[$[#i\1"sv), HasSubstr("a type of numbers, found '['"));
  EXPECT_THAT(ProblemOfSkipping("[$di\1"sv), HasSubstr("'#'"));
}

TEST(UbjsonCursorTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(ProblemOfSkipping(""sv), HasSubstr("expected a value, found the end at byte 0"));
  EXPECT_THAT(ProblemOfSkipping("Hi\1\61"sv), HasSubstr("expected a value, found 'H'"));
  EXPECT_THAT(ProblemOfSkipping("{#i\1i\1aT"sv), HasSubstr("expected a length, found '#' at byte 1"));
  EXPECT_THAT(ProblemOfSkipping("{i\1a"sv), HasSubstr("found the end"));
  EXPECT_THAT(ProblemOfSkipping("TT"sv), HasSubstr("expected the end of the document, found 'T' at byte 1"));
  EXPECT_THAT(ProblemOfSkipping("\xC3"sv), HasSubstr("found byte 0xC3"));
}

TEST(UbjsonCursorTest, BoundsNesting) {
  EXPECT_THAT(ProblemOfSkipping(std::string(100000, '[')), HasSubstr("levels of nesting"));
  UbjsonCursor deep(std::string_view("[[[[]]]]"));
  EXPECT_TRUE(deep.Skip());
}

}  // namespace
}  // namespace trireme::treefile
