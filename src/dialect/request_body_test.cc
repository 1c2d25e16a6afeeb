// SPDX-License-Identifier: Apache-2.0
#include "dialect/request_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/gzip.h"

namespace trireme {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMaxBytes = 1 << 20;

class RequestBodyTest : public testing::Test {
 protected:
  static net::HttpRequest Request(std::string_view body) {
    auto owned = std::make_shared<const std::string>(body);
    net::HttpRequest http;
    http.body = std::as_bytes(std::span(*owned));
    http.storage = owned;
    return http;
  }
  static std::string Gzip(std::string_view text) { return Deflate({&text, 1}, DeflatedForm::kGzip); }
  static std::string Noise(size_t bytes) {
    std::string text(bytes, '\0');
    uint32_t state = 1;
    for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return text;
  }

  MemoryPool pool_;
  std::shared_ptr<net::ByteBudget> inflated_ = std::make_shared<net::ByteBudget>(uint64_t{4} << 20);
};

TEST_F(RequestBodyTest, OneThatIsNotCompressedIsTheRequestsOwn) {
  const net::HttpRequest http = Request("text");
  RequestBody body(pool_, inflated_, http, {.max_bytes = kMaxBytes});
  EXPECT_TRUE(*body.Begin());
  EXPECT_EQ(body.text(), "text");
  EXPECT_EQ(body.text().data(), reinterpret_cast<const char*>(http.body.data()));
}

TEST_F(RequestBodyTest, ASmallOneIsInflatedAtOnce) {
  const net::HttpRequest http = Request(Gzip("text"));
  RequestBody body(pool_, inflated_, http, {.coding = ContentCoding::kGzip, .max_bytes = kMaxBytes});
  EXPECT_TRUE(*body.Begin());
  EXPECT_EQ(body.text(), "text");
}

TEST_F(RequestBodyTest, ALargeOneIsNotTouchedOnTheLoop) {
  const std::string noise = Noise(100'000);
  const net::HttpRequest http = Request(Gzip(noise));
  RequestBody body(pool_, inflated_, http, {.coding = ContentCoding::kGzip, .max_bytes = kMaxBytes});
  EXPECT_FALSE(*body.Begin());
  ASSERT_TRUE(body.Finish().ok());
  EXPECT_EQ(body.text(), noise);
}

TEST_F(RequestBodyTest, OneThatTurnsOutLargeIsFinishedElsewhere) {
  const std::string blanks(1 << 20, ' ');
  const net::HttpRequest http = Request(Gzip(blanks));
  RequestBody body(pool_, inflated_, http, {.coding = ContentCoding::kGzip, .max_bytes = kMaxBytes});
  EXPECT_FALSE(*body.Begin());
  ASSERT_TRUE(body.Finish().ok());
  EXPECT_EQ(body.text(), blanks);
}

TEST_F(RequestBodyTest, OneThatIsTooLongNamesTheSetting) {
  const net::HttpRequest http = Request(Gzip(std::string((1 << 20) + 1, ' ')));
  RequestBody body(pool_, inflated_, http,
                   {.coding = ContentCoding::kGzip, .max_bytes = kMaxBytes, .limit_name = "--max-body"});
  const Status status = body.Finish();
  EXPECT_EQ(status.code(), StatusCode::kTooLarge);
  EXPECT_THAT(status.message(), HasSubstr("at most 1048576 bytes once inflated (--max-body)"));
}

TEST_F(RequestBodyTest, AllTogetherHoldNoMoreThanTheBudget) {
  const net::HttpRequest http = Request(Gzip(std::string(1 << 20, ' ')));
  const RequestBody::Options options{.coding = ContentCoding::kGzip, .max_bytes = kMaxBytes};
  std::vector<std::unique_ptr<RequestBody>> held;
  Status status;
  while (status.ok()) {
    held.push_back(std::make_unique<RequestBody>(pool_, inflated_, http, options));
    status = held.back()->Finish();
    held.back()->Release();  // as when tensors view it: it is held still
    ASSERT_LE(held.size(), 5U);
  }
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  held.clear();
  RequestBody again(pool_, inflated_, http, options);
  EXPECT_TRUE(again.Finish().ok());
}

TEST_F(RequestBodyTest, ABrokenOneNamesItsCoding) {
  const net::HttpRequest http = Request("{}");
  RequestBody body(pool_, inflated_, http, {.coding = ContentCoding::kDeflate, .max_bytes = kMaxBytes});
  const Status status = body.Begin().status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("body with Content-Encoding deflate: expected a deflate (zlib) stream"));
}

}  // namespace
}  // namespace trireme
