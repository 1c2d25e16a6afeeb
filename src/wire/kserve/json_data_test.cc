// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/json_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tensor/bytes_elements.h"

namespace trireme::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Tensor> Read(DataType type, const Shape& shape, std::string_view text) {
  static MemoryPool pool;
  JsonCursor json(text);
  return ReadJsonData(json, type, shape, pool);
}

std::string Written(const Tensor& tensor) {
  std::string text;
  const Status status = AppendJsonData(text, tensor);
  EXPECT_TRUE(status.ok()) << status;
  return text;
}

struct RoundTrip {
  DataType type;
  Shape shape;
  std::string text;
  std::string written = {};  // if it differs
};

TEST(JsonDataTest, EveryTypeIsReadAndWritten) {
  for (const RoundTrip& test : std::vector<RoundTrip>{
           {DataType::kBool, {3}, "[true,false,true]"},
           {DataType::kUint8, {2}, "[0,255]"},
           {DataType::kUint16, {2}, "[0,65535]"},
           {DataType::kUint32, {2}, "[0,4294967295]"},
           {DataType::kUint64, {2}, "[0,18446744073709551615]"},
           {DataType::kInt8, {2}, "[-128,127]"},
           {DataType::kInt16, {2}, "[-32768,32767]"},
           {DataType::kInt32, {2}, "[-2147483648,2147483647]"},
           {DataType::kInt64, {2}, "[-9223372036854775808,9223372036854775807]"},
           {DataType::kFp16, {5}, "[0.5,-65504,1,5.9604645e-08,NaN]"},
           {DataType::kFp16, {2}, "[65519.9,0.1]", "[65504,0.099975586]"},
           {DataType::kBf16, {3}, "[0.5,1.0,-Infinity]", "[0.5,1,-Infinity]"},
           {DataType::kFp32, {4}, "[0.1,-3.4028235e+38,NaN,Infinity]"},
           {DataType::kFp32, {2}, "[1e-60,0.10000000149011612]", "[0,0.1]"},
           {DataType::kFp64, {3}, "[0.1,1.7976931348623157e+308,-Infinity]"},
           {DataType::kBytes, {3}, R"(["","a\"b","é"])"},
           {DataType::kBytes, {1}, R"(["\u0041\uD83D\uDE00\u0000"])", "[\"A\xF0\x9F\x98\x80\\u0000\"]"},
           {DataType::kFp32, {}, "[7]"},
           {DataType::kFp32, {0}, "[]"},
           {DataType::kBytes, {0}, "[]"},
           {DataType::kBool, {0, 7}, "[ ]", "[]"},
           {DataType::kFp32, {2, 0}, "[[],[]]", "[]"},
           {DataType::kInt32, {2, 3}, "[1,2,3,4,5,6]"},
           {DataType::kInt32, {2, 3}, "[ [1,2,3],\n[4,5,6] ]", "[1,2,3,4,5,6]"},
           {DataType::kBytes, {2, 1}, R"([["a"],["b"]])", R"(["a","b"])"},
           {DataType::kBool, {1, 2, 2}, "[[[true,false],[false,true]]]", "[true,false,false,true]"},
       }) {
    const Result<Tensor> tensor = Read(test.type, test.shape, test.text);
    ASSERT_TRUE(tensor.ok()) << test.text << tensor.status();
    EXPECT_EQ(tensor.value().shape, test.shape);
    EXPECT_EQ(Written(tensor.value()), test.written.empty() ? test.text : test.written);
  }
}

TEST(JsonDataTest, StringsBecomeLengthPrefixedElements) {
  const Result<Tensor> tensor = Read(DataType::kBytes, {2}, R"(["ab","\n"])");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.value().data.data()), tensor.value().data.size());
  EXPECT_EQ(bytes, std::string_view("\2\0\0\0ab\1\0\0\0\n", 11));
}

struct Refused {
  DataType type;
  Shape shape;
  std::string text;
  std::string message;
};

TEST(JsonDataTest, RefusesElementsThatAreNotOfTheType) {
  for (const Refused& refused : std::vector<Refused>{
           {DataType::kInt8,
            {2},
            "[1,128]",
            "element 1 (INT8): expected an integer from -128 to 127, found number 128 at"},
           {DataType::kUint8,
            {1},
            "[-1]",
            "element 0 (UINT8): expected an integer from 0 to 255, found number -1 at byte 1"},
           {DataType::kInt32,
            {1},
            "[1.0]",
            "element 0 (INT32): expected an integer from -2147483648 to 2147483647, found "},
           {DataType::kInt32, {1}, "[1e3]", "found number 1e3"},
           {DataType::kInt32, {1}, "[NaN]", "found NaN at byte 1"},
           {DataType::kInt32, {1}, "[Infinity]", "found Infinity"},
           {DataType::kInt32, {1}, "[true]", "found true"},
           {DataType::kInt32, {1}, "[null]", "found null"},
           {DataType::kInt32, {1}, "[\"1\"]", "found string \"1\""},
           {DataType::kUint64,
            {1},
            "[18446744073709551616]",
            "expected an integer from 0 to 18446744073709551615, found"},
           {DataType::kInt64, {1}, "[-9223372036854775809]", "element 0 (INT64): expected an integer from"},
           {DataType::kBool, {1}, "[1]", "element 0 (BOOL): expected true or false, found number 1 at byte 1"},
           {DataType::kBool, {1}, "[NaN]", "expected true or false, found NaN"},
           {DataType::kFp32,
            {1},
            "[1e39]",
            "element 0 (FP32): expected a number within 3.4028235e38 of 0, found number 1e39"},
           {DataType::kFp32, {1}, "[nan]", "element 0 (FP32): expected a number, found nan at byte 1"},
           {DataType::kFp32, {1}, "[inf]", "expected a number, found inf"},
           {DataType::kFp32, {1}, "[\"NaN\"]", "expected a number, found string \"NaN\""},
           {DataType::kFp32, {1}, "[null]", "expected a number, found null"},
           {DataType::kFp32, {1}, "[true]", "expected a number, found true"},
           {DataType::kFp32, {1}, "[{}]", "expected a number, found an object"},
           {DataType::kFp64, {1}, "[1e309]", "element 0 (FP64): expected a number within 1.7976931348623157e308 of 0"},
           {DataType::kFp16,
            {1},
            "[65520]",
            "element 0 (FP16): expected a number within 65504 of 0, found number 65520"},
           {DataType::kFp16, {1}, "[-1e6]", "expected a number within 65504 of 0"},
           {DataType::kFp16, {2}, "[0, 1e400]", "element 1 (FP16): expected a number within"},
           {DataType::kBf16, {1}, "[3.4e38]", "element 0 (BF16): expected a number within 3.3895314e38 of 0, found"},
           {DataType::kBytes, {2}, "[\"a\",1]", "element 1 (BYTES): expected a string, found number 1"},
           {DataType::kBytes, {1}, "[null]", "element 0 (BYTES): expected a string, found null"},
           {DataType::kBytes, {1}, "[\"\xFF\"]", "expected UTF-8, found byte 0xFF"},
           {DataType::kBytes, {1}, R"(["\uD800"])", "behind a high surrogate"},
       }) {
    const Status status = Read(refused.type, refused.shape, refused.text).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.text;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.text;
  }
}

TEST(JsonDataTest, RefusesWhatIsNeitherFlatNorNestedAsTheShape) {
  for (const Refused& refused : std::vector<Refused>{
           {DataType::kFp32,
            {2, 2},
            "[1,2,3]     ",
            "expected 4 elements for shape [2,2], found 3 in the array that ends at byte 7"},
           {DataType::kFp32, {2, 2}, "[1,2,3,4,5]", "expected 4 elements for shape [2,2], found more at byte 9"},
           {DataType::kFp32,
            {2, 2},
            "[[1,2],[3]]",
            "expected 2 elements for dimension 1 of shape [2,2], found 1 in the array"},
           {DataType::kFp32,
            {2, 2},
            "[[1,2],[3,4,5]]",
            "expected 2 elements for dimension 1 of shape [2,2], found more"},
           {DataType::kFp32,
            {2, 2},
            "[[1,2]]     ",
            "expected 2 elements for dimension 0 of shape [2,2], found 1 in the array"},
           {DataType::kFp32,
            {2, 2},
            "[[1,2],[3,4],[5,6]]",
            "expected 2 elements for dimension 0 of shape [2,2], found more"},
           {DataType::kFp32,
            {2, 2},
            "[[1,2],3,4]",
            "dimension 0 of shape [2,2]: expected an array, found number 3 at byte 7"},
           {DataType::kFp32, {2, 2}, "[1,2,[3,4]]", "element 2 (FP32): expected a number, found an array at byte 5"},
           {DataType::kFp32,
            {2, 2},
            "[[[1,2],[3,4]]]",
            "element 0 (FP32): expected a number, found an array at byte 2"},
           {DataType::kFp32,
            {4},
            "[[1,2,3,4]]",
            "expected one array for shape [4], found arrays in an array at byte 1"},
           {DataType::kFp32, {}, "[[1]]", "expected one array for shape []"},
           {DataType::kFp32, {1}, "[]  ", "expected 1 element for shape [1], found 0"},
           {DataType::kFp32, {0}, "[1]", "expected 0 elements for shape [0], found more"},
           {DataType::kFp32, {1}, "7  ", "expected an array, found number 7 at byte 0"},
           {DataType::kFp32, {1}, "\"7\"", "expected an array, found string \"7\""},
           {DataType::kFp32, {2}, "[1 2]", "element 1 (FP32): expected ',' or ']', found number 2"},
           {DataType::kFp32, {1}, "[1,]", "found more"},
           {DataType::kFp32, {2}, "[1,]", "element 1 (FP32): expected a number, found ']'"},
           {DataType::kBytes, {2}, "[\"a\"]   ", "expected 2 elements for shape [2], found 1"},
           {DataType::kFp32, {5}, "[1,2,3]", "expected 5 elements for shape [5], found 3"},
           {DataType::kFp32, {5}, "[1,x]", "expected 5 elements for shape [5], found only 5 bytes of JSON left"},
           {DataType::kInt8, {4, 2}, "[[1,2],[3,-4]]", "expected 8 elements for shape [4,2], found 4"},
       }) {
    const Status status = Read(refused.type, refused.shape, refused.text).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << refused.text;
    EXPECT_THAT(status.message(), HasSubstr(refused.message)) << refused.text;
  }
}

TEST(JsonDataTest, DoesNotPassOffBytesAsText) {
  std::vector<std::byte> data;
  AppendBytesElement(data, "fine");
  AppendBytesElement(data, "\xFF");
  const Tensor tensor{.type = DataType::kBytes, .shape = {2}, .data = Buffer::CopyOf(data)};
  std::string text;
  const Status status = AppendJsonData(text, tensor);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("element 1 is not UTF-8"));
}

TEST(JsonDataTest, FindsTensorsThatAreNotWhole) {
  const std::vector<std::byte> data(7);
  std::string text;
  for (const DataType type : {DataType::kFp32, DataType::kBytes}) {
    const Tensor tensor{.type = type, .shape = {2}, .data = Buffer::CopyOf(data)};
    EXPECT_EQ(AppendJsonData(text, tensor).code(), StatusCode::kInternal);
    EXPECT_EQ(CheckWhole(tensor).code(), StatusCode::kInternal);
  }
}

TEST(JsonDataTest, RoundsSmallFloatsToTheNearest) {
  const Result<Tensor> tensor = Read(DataType::kFp16, {3}, "[1.00048828125, 1.0004883, 1.00146484375]");
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_THAT(tensor.value().As<uint16_t>(), ElementsAre(0x3C00, 0x3C01, 0x3C02));
}

TEST(JsonDataTest, TellsWhatIsReadableForEverybody) {
  EXPECT_TRUE(IsReadable(*Read(DataType::kFp32, {2}, "[1,2.5]")));
  EXPECT_TRUE(IsReadable(*Read(DataType::kBytes, {1}, "[\"text\"]")));
  EXPECT_TRUE(IsReadable(*Read(DataType::kInt64, {2}, "[1,-2]")));
  for (const DataType type : {DataType::kFp16, DataType::kBf16, DataType::kFp32, DataType::kFp64}) {
    EXPECT_FALSE(IsReadable(*Read(type, {2}, "[1,NaN]"))) << Name(type);
    EXPECT_FALSE(IsReadable(*Read(type, {1}, "[-Infinity]"))) << Name(type);
  }
  static MemoryPool pool;
  EXPECT_FALSE(IsReadable(MakeTensor(pool, DataType::kInt8, {4097}))) << "too much to read";
  std::vector<std::byte> elements;
  AppendBytesElement(elements, "\xff");
  EXPECT_FALSE(IsReadable({.type = DataType::kBytes, .shape = {1}, .data = Buffer::CopyOf(elements)}));
  EXPECT_FALSE(IsReadable({.type = DataType::kFp32, .shape = {2}, .data = Buffer::CopyOf(elements)})) << "not whole";
}

}  // namespace
}  // namespace trireme::kserve
