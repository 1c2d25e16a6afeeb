// SPDX-License-Identifier: Apache-2.0
#include "tensor/bytes_elements.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trireme {
namespace {

std::vector<std::byte> Elements(std::initializer_list<std::string_view> elements) {
  std::vector<std::byte> data;
  for (const std::string_view element : elements) AppendBytesElement(data, element);
  return data;
}

TEST(BytesElementsTest, LieAsLengthAndBytes) {
  const std::vector<std::byte> expected = {std::byte{2}, {}, {}, {}, std::byte{'h'}, std::byte{'i'}, {}, {}, {}, {}};
  EXPECT_EQ(Elements({"hi", ""}), expected);
}

TEST(BytesElementsTest, ComeBackAsTheyWereAppended) {
  using namespace std::string_view_literals;
  const std::string longer(70'000, 'x');
  const std::vector<std::byte> data = Elements({"a", "", "\0\xff"sv, longer});
  BytesReader reader(data);
  EXPECT_EQ(reader.Next(), "a");
  EXPECT_EQ(reader.Next(), "");
  EXPECT_EQ(reader.Next(), "\0\xff"sv);
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(reader.Next(), longer);
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_EQ(reader.Next(), std::nullopt);
}

TEST(BytesElementsTest, StopAtDataThatIsCutOff) {
  const std::vector<std::byte> data = Elements({"one", "two"});
  for (size_t size = 0; size < data.size(); ++size) {
    const auto cut = std::span(data).first(size);
    BytesReader reader(cut);
    size_t read = 0;
    while (reader.Next()) ++read;
    EXPECT_EQ(read, size < 7 ? 0U : 1U);
    EXPECT_EQ(reader.AtEnd(), size == 0 || size == 7) << size;
    EXPECT_EQ(CheckBytesElements(cut, 2).code(), StatusCode::kInvalidArgument);
  }
}

TEST(BytesElementsTest, DoNotBelieveALengthBeyondTheData) {
  std::vector<std::byte> data = Elements({"abcd"});
  for (size_t i = 0; i < 4; ++i) data[i] = std::byte{0xFF};
  EXPECT_EQ(BytesReader(data).Next(), std::nullopt);
  EXPECT_EQ(CheckBytesElements(data, 1).message(),
            "element 0 of 1 is cut off at byte 0 of 8: expected a 4-byte length and that many bytes");
}

TEST(BytesElementsTest, MustBeExactlyAsManyAsPromised) {
  const std::vector<std::byte> data = Elements({"a", "b", "c"});
  EXPECT_TRUE(CheckBytesElements(data, 3).ok());
  EXPECT_TRUE(CheckBytesElements({}, 0).ok());
  EXPECT_EQ(CheckBytesElements(data, 2).message(), "expected 2 elements, but 5 bytes follow them");
  EXPECT_EQ(CheckBytesElements(data, 4).message(),
            "element 3 of 4 is cut off at byte 15 of 15: expected a 4-byte length and that many bytes");
}

}  // namespace
}  // namespace trireme
