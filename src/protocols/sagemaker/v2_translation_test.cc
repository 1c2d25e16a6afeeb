// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/v2_translation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "net/testing/recorded_answer.h"

namespace trireme::sagemaker {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string kBinary = "application/vnd.sagemaker-triton.binary+json";

TEST(JsonSizeIn, FindsTheSize) {
  EXPECT_EQ(**JsonSizeIn(kBinary + ";json-header-size=12"), "12");
  EXPECT_EQ(**JsonSizeIn(kBinary + "; json-header-size=0 "), "0");
  for (const std::string& other : {std::string(), std::string("application/json"), kBinary, kBinary + ";charset=x"}) {
    EXPECT_EQ(*JsonSizeIn(other), std::nullopt) << other;
  }
}

TEST(JsonSizeIn, RefusesInTritonsWords) {
  for (const std::string size : {"", "x", "1x", "-", "0x10", "1,2", "1 2"}) {
    EXPECT_EQ(JsonSizeIn(kBinary + ";json-header-size=" + size).status().message(),
              "Unable to parse inference header size, got: " + size);
  }
  EXPECT_EQ(JsonSizeIn("text/x; " + kBinary + ";json-header-size=1").status().message(),
            "expect MIME type for binary data starts with '" + kBinary + ";json-header-size=', got: text/x; " +
                kBinary + ";json-header-size=1");
}

TEST(CheckJsonSize, BoundsItByTheBody) {
  EXPECT_TRUE(CheckJsonSize("0", 10).ok());
  EXPECT_TRUE(CheckJsonSize("10", 10).ok());
  for (const char* size : {"11", "-1", "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(CheckJsonSize(size, 10).message(),
              std::string("inference header size should be in range (0, 10), got: ") + size);
  }
}

TEST(TranslateHeaders, LeavesNoneThatWouldMeanSomethingElse) {
  net::HttpRequest request;
  request.headers = {{"Inference-Header-Content-Length", "7"}, {"Accept-Encoding", "gzip"}, {"X", "y"}};
  TranslateHeaders(request, "5");
  ASSERT_EQ(request.headers.size(), 2);
  EXPECT_EQ(request.headers[0].name, "X");
  EXPECT_EQ(*request.Find("inference-header-content-length"), "5");
  TranslateHeaders(request, std::nullopt);
  EXPECT_EQ(request.Find("inference-header-content-length"), nullptr);
}

TEST(TranslateReply, MovesTheLengthIntoTheType) {
  const auto answer = std::make_shared<net::RecordedAnswer>();  // shared with the reply
  net::HttpReply reply = TranslateReply(net::HttpReply(answer), "a=b");
  net::HttpResponse response;
  response.headers = {{"Content-Type", "application/octet-stream"}, {"Inference-Header-Content-Length", "34"}};
  reply.Send(std::move(response));
  EXPECT_THAT(answer->response.headers, ElementsAre(Pair("Content-Type", kBinary + ";json-header-size=34"),
                                                    Pair("X-Amzn-SageMaker-Custom-Attributes", "a=b")));
}

}  // namespace
}  // namespace trireme::sagemaker
