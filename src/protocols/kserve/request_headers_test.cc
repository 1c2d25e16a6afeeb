// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/request_headers.h"

#include <gtest/gtest.h>

namespace trireme::kserve {
namespace {

RequestHeaders Read(std::vector<net::HttpHeader> headers) {
  net::HttpRequest http;
  http.headers = std::move(headers);
  return ReadRequestHeaders(http);
}

TEST(RequestHeadersTest, FindsEachWhateverItsCase) {
  const RequestHeaders headers = Read({{"Host", "x"},
                                       {"INFERENCE-Header-Content-Length", "12"},
                                       {"Content-encoding", "gzip"},
                                       {"Accept-Encoding", "deflate"},
                                       {"traceparent", "p"},
                                       {"TraceState", "s"}});
  EXPECT_EQ(headers.json_length, "12");
  EXPECT_EQ(headers.LikelyJsonBytes(), 12U);
  EXPECT_EQ(headers.body, ContentCoding::kGzip);
  EXPECT_EQ(headers.answer, ContentCoding::kDeflate);
  EXPECT_EQ(headers.traceparent, "p");
  EXPECT_EQ(headers.tracestate, "s");
  EXPECT_TRUE(headers.coding_error.ok() && headers.length_error.ok());
}

TEST(RequestHeadersTest, SaysNothingOfWhatIsNotThere) {
  const RequestHeaders headers = Read({});
  EXPECT_FALSE(headers.json_length);
  EXPECT_EQ(headers.LikelyJsonBytes(), 0U);
  EXPECT_EQ(headers.body, ContentCoding::kIdentity);
  EXPECT_FALSE(headers.answer);
}

TEST(RequestHeadersTest, RefusesWhatIsGivenTwice) {
  constexpr std::string_view kLength = "Inference-Header-Content-Length";
  EXPECT_EQ(Read({{kLength, "1"}, {kLength, "1"}}).length_error.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Read({{"Content-Encoding", "gzip"}, {"Content-Encoding", "gzip"}}).coding_error.code(),
            StatusCode::kUnsupported);
}

TEST(RequestHeadersTest, APictureHasNoJsonInFront) {
  EXPECT_EQ(Read({{"Content-Type", "image/jpeg"}}).json_length, "0");
  EXPECT_EQ(Read({{"content-type", "Image/PNG"}}).json_length, "0");
  EXPECT_EQ(Read({{"Content-Type", "image/jpeg"}, {"Inference-Header-Content-Length", "12"}}).json_length, "12");
  for (const char* type : {"application/json", "imag", "", "text/image/x"}) {
    EXPECT_FALSE(Read({{"Content-Type", type}}).json_length) << type;
  }
}

TEST(RequestHeadersTest, SeveralAcceptedCodingsAreOneList) {
  EXPECT_EQ(Read({{"Accept-Encoding", "identity;q=0.1"}, {"Accept-Encoding", "gzip;q=0.2"}}).answer,
            ContentCoding::kGzip);
}

}  // namespace
}  // namespace trireme::kserve
