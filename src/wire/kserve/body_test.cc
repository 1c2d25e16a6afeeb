// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

TEST(HeaderLengthTest, AcceptsDigitsUpToTheBody) {
  EXPECT_EQ(*ParseHeaderLength("1", 10), 1U);
  EXPECT_EQ(*ParseHeaderLength("10", 10), 10U);
  EXPECT_EQ(*ParseHeaderLength("0000000000000000000000010", 10), 10U);
}

TEST(HeaderLengthTest, RefusesEverythingElse) {
  for (const std::string_view text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "11", "1,2", "abc",
                                      "99999999999999999999999", "18446744073709551616"}) {
    const Status status = ParseHeaderLength(text, 10).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(status.message(),
              "Inference-Header-Content-Length: expected a number from 0 to the 10 bytes of the body, "
              "found '" +
                  std::string(text) + "'");
  }
}

TEST(HeaderLengthTest, MaySayThatThereIsNoJson) {
  EXPECT_EQ(*ParseHeaderLength("0", 10), 0U);
  EXPECT_EQ(*ParseHeaderLength("0", 0), 0U);
}

TEST(EncodedBodyTest, NamesItsTypeAndHeaderByWhatFollowsTheJson) {
  EncodedBody body{.json = "{}", .tensors = {}};
  EXPECT_EQ(body.header_length(), std::nullopt);
  EXPECT_EQ(body.content_type(), "application/json");
  EXPECT_EQ(body.total_bytes(), 2U);
  const std::byte bytes[3] = {};
  body.tensors.push_back(Buffer::CopyOf(bytes));
  EXPECT_EQ(body.header_length(), 2U);
  EXPECT_EQ(body.content_type(), "application/octet-stream");
  EXPECT_EQ(body.total_bytes(), 5U);
}

}  // namespace
}  // namespace trireme::kserve
