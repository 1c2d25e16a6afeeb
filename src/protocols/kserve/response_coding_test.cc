// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/response_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/gzip.h"

namespace trireme::kserve {
namespace {

using testing::Contains;
using testing::Pair;

net::HttpResponse Response(std::string body, std::string_view part = {}) {
  net::HttpResponse response;
  response.body = std::move(body);
  if (!part.empty()) response.parts.push_back({.bytes = std::as_bytes(std::span(part)), .keep_alive = nullptr});
  return response;
}

TEST(ResponseCodingTest, CompressesAllPartsAsOne) {
  const std::string part(2000, 'x');
  net::HttpResponse response = Response("json", part);
  CompressResponse(response, ContentCoding::kGzip);
  EXPECT_TRUE(response.parts.empty());
  EXPECT_THAT(response.headers, Contains(Pair("Content-Encoding", "gzip")));
  EXPECT_THAT(response.headers, Contains(Pair("Vary", "Accept-Encoding")));
  MemoryPool pool;
  Inflater inflater(std::as_bytes(std::span(response.body)), DeflatedForm::kGzip, {}, pool);
  ASSERT_TRUE(*inflater.Run());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(inflater.bytes().data()), inflater.bytes().size()),
            "json" + part);
}

TEST(ResponseCodingTest, LeavesAloneWhatIsShort) {
  net::HttpResponse response = Response(std::string(1023, 'x'));
  CompressResponse(response, ContentCoding::kDeflate);
  EXPECT_EQ(response.body.size(), 1023U);
  EXPECT_THAT(response.headers, testing::ElementsAre(Pair("Vary", "Accept-Encoding")));
}

TEST(ResponseCodingTest, WithoutAWishNothingChanges) {
  net::HttpResponse response = Response(std::string(5000, 'x'));
  CompressResponse(response, std::nullopt);
  EXPECT_EQ(response.body.size(), 5000U);
  EXPECT_TRUE(response.headers.empty());
}

}  // namespace
}  // namespace trireme::kserve
