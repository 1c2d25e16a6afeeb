// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/request_parts.h"

#include <gtest/gtest.h>

namespace trireme::torchserve {
namespace {

Result<std::vector<RequestPart>> Parts(std::string_view type, std::string_view body) {
  net::HttpRequest http;
  if (!type.empty()) http.headers.push_back({.name = "Content-Type", .value = type});
  http.body = std::as_bytes(std::span(body));
  return PartsOf(http);
}

std::string TextOf(const RequestPart& part) {
  return {reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size()};
}

TEST(PartsOf, ABodyIsOnePart) {
  const auto parts = Parts("image/jpeg", "bytes");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_EQ(parts->front().name, "body");
  EXPECT_EQ(parts->front().content_type, "image/jpeg");
  EXPECT_EQ(TextOf(parts->front()), "bytes");
}

TEST(PartsOf, EachFieldOfAFormIsOne) {
  const auto parts = Parts("multipart/form-data; boundary=b",
                           "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"x.jpg\"\r\n"
                           "Content-Type: image/jpeg\r\n\r\njpeg\r\n--b--\r\n");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->front().name, "data");
  EXPECT_EQ(parts->front().content_type, "image/jpeg");
  EXPECT_EQ(TextOf(parts->front()), "jpeg");

  const auto fields = Parts("application/x-www-form-urlencoded", "data=%5B1%5D&name=n");
  ASSERT_TRUE(fields.ok());
  ASSERT_EQ(fields->size(), 2U);
  EXPECT_EQ(TextOf(fields->front()), "[1]");
}

TEST(PartsOf, WhatCurlSendsOfJsonIsJson) {
  const auto parts = Parts("application/x-www-form-urlencoded", "[[1, 2]]");
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(parts->front().name, "body");
  EXPECT_EQ(parts->front().content_type, "application/json");
}

TEST(PartsOf, WhatCurlSendsOfAPictureIsThat) {
  const auto parts = Parts("application/x-www-form-urlencoded", "\xFF\xD8\xFF%&=");
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_EQ(parts->front().name, "body");
  EXPECT_EQ(parts->front().content_type, "image/jpeg");
  EXPECT_EQ(parts->front().bytes.size(), 6U);
}

TEST(PartsOf, RefusesAFormThatIsNone) {
  EXPECT_FALSE(Parts("multipart/form-data; boundary=b", "--x").ok());
  EXPECT_FALSE(Parts("multipart/form-data", "x").ok());
  EXPECT_FALSE(Parts("application/x-www-form-urlencoded", "a=%zz").ok());
}

}  // namespace
}  // namespace trireme::torchserve
