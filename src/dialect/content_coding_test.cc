// SPDX-License-Identifier: Apache-2.0
#include "dialect/content_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace trireme {
namespace {

ContentCoding Best(std::string_view accepted) {
  AcceptedCodings codings;
  codings.Add(accepted);
  return codings.Best();
}

TEST(ContentEncodingTest, KnowsThreeCodings) {
  EXPECT_EQ(*ParseContentEncoding("gzip"), ContentCoding::kGzip);
  EXPECT_EQ(*ParseContentEncoding("GZip"), ContentCoding::kGzip);
  EXPECT_EQ(*ParseContentEncoding("x-gzip"), ContentCoding::kGzip);
  EXPECT_EQ(*ParseContentEncoding("deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(*ParseContentEncoding("identity"), ContentCoding::kIdentity);
}

TEST(ContentEncodingTest, RefusesOthersAndSeveral) {
  for (const std::string_view value : {"br", "gzip, gzip", "gzip,deflate", "", "*"}) {
    const Status status = ParseContentEncoding(value).status();
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << value;
    EXPECT_EQ(status.message(),
              "Content-Encoding: expected gzip, deflate or identity, found '" + std::string(value) + "'");
  }
}

TEST(ContentEncodingTest, OfABodyIsWhatItsOneHeaderSays) {
  net::HttpRequest http;
  EXPECT_EQ(*CodingOfBody(http), ContentCoding::kIdentity);
  http.headers.push_back({.name = "Content-Encoding", .value = "gzip"});
  EXPECT_EQ(*CodingOfBody(http), ContentCoding::kGzip);
  http.headers.push_back({.name = "content-encoding", .value = "gzip"});
  EXPECT_EQ(CodingOfBody(http).status().message(), "Content-Encoding: expected once, found twice");
}

TEST(AcceptedCodingsTest, TheGreatestWeightWins) {
  const std::pair<std::string_view, ContentCoding> cases[] = {
      {"", ContentCoding::kIdentity},
      {"gzip", ContentCoding::kGzip},
      {"deflate", ContentCoding::kDeflate},
      {"br", ContentCoding::kIdentity},
      {"deflate, gzip", ContentCoding::kGzip},
      {"gzip;q=0.5, deflate", ContentCoding::kDeflate},
      {"gzip;q=0.001", ContentCoding::kGzip},
      {"gzip;q=0", ContentCoding::kIdentity},
      {"gzip;q=0.5, identity", ContentCoding::kIdentity},
      {"gzip , identity ; q=0.9", ContentCoding::kGzip},
      {"*", ContentCoding::kIdentity},
      {"*;q=0.5, deflate;q=0.6", ContentCoding::kDeflate},
      {"identity;q=0, *;q=0.5", ContentCoding::kGzip},
      {"gzip;q=0, *", ContentCoding::kIdentity},
      {"identity;q=0, gzip;q=0, *;q=0.1", ContentCoding::kDeflate},
      {"identity;q=0, *;q=0", ContentCoding::kIdentity},
      {"br, gzip;q=0.8, deflate;q=0.8", ContentCoding::kGzip},
  };
  for (const auto& [accepted, expected] : cases) EXPECT_EQ(Name(Best(accepted)), Name(expected)) << accepted;
}

TEST(AcceptedCodingsTest, PassesOverWhatBreaksTheGrammar) {
  for (const std::string_view accepted : {"gzip;q=2", "gzip;q=1.001", "gzip;q=0.5000", "gzip;q=", "gzip;q=x",
                                          "gzip;x=1", ";q=1", ",,,", "gzip;q=-1", "gzip;q=.5", "gzip;q=1x"}) {
    EXPECT_EQ(Name(Best(accepted)), "identity") << accepted;
  }
  EXPECT_EQ(Name(Best("gzip;q=9, deflate")), "deflate");
}

TEST(AcceptedCodingsTest, SeveralHeadersAreOneList) {
  AcceptedCodings codings;
  codings.Add("gzip;q=0.5");
  codings.Add("deflate");
  EXPECT_EQ(codings.Best(), ContentCoding::kDeflate);
}

}  // namespace
}  // namespace trireme
