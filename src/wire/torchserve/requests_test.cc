// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme::torchserve {
namespace {

using ::testing::HasSubstr;

TEST(ReadRegisterRequest, TakesWhatIsGiven) {
  const std::vector<FormField> query = {
      {"url", "m.mar"},           {"model_name", "m"},       {"handler", "service:handle"}, {"runtime", "python3"},
      {"batch_size", "8"},        {"max_batch_delay", "50"}, {"initial_workers", "+2"},     {"synchronous", "TRUE"},
      {"response_timeout", "10"}, {"startup_timeout", "0"},  {"s3_sse_kms", "true"},        {"other", "x"},
      {"url", "second.mar"}};
  const RegisterRequest expected{.url = "m.mar",
                                 .model_name = "m",
                                 .handler = "service:handle",
                                 .runtime = "python3",
                                 .batch_size = 8,
                                 .max_batch_delay = 50,
                                 .initial_workers = 2,
                                 .response_timeout = 10,
                                 .startup_timeout = 0,
                                 .synchronous = true,
                                 .s3_sse_kms = true};
  EXPECT_EQ(ReadRegisterRequest(query), expected);
}

TEST(ReadRegisterRequest, TakesWhatIsNoNumberForNothing) {
  for (const char* odd : {"dd", "", "nan", "1.5", "3000000000", " 1", "0x1", "+-1"}) {
    const std::vector<FormField> query = {{"batch_size", odd}};
    EXPECT_EQ(ReadRegisterRequest(query).batch_size, std::nullopt) << odd;
  }
  EXPECT_EQ(ReadRegisterRequest({}), RegisterRequest{});
  EXPECT_TRUE(ReadRegisterRequest({}).synchronous);
  const std::vector<FormField> query = {{"synchronous", "-1"}, {"url", ""}};
  EXPECT_FALSE(ReadRegisterRequest(query).synchronous);
  EXPECT_EQ(ReadRegisterRequest(query).url, "");
}

TEST(ParseRegisterRequest, ReadsAJsonObject) {
  const auto request = ParseRegisterRequest(
      R"({"url":"m.mar","batch_size":8,"initial_workers":"2","synchronous":false,"s3_sse_kms":"True","handler":null,"x":[1]})");
  ASSERT_TRUE(request.ok()) << request.status();
  const RegisterRequest expected{
      .url = "m.mar", .batch_size = 8, .initial_workers = 2, .synchronous = false, .s3_sse_kms = true};
  EXPECT_EQ(*request, expected);
}

TEST(ParseRegisterRequest, SaysWhatIsWrong) {
  EXPECT_THAT(ParseRegisterRequest("").status().message(), HasSubstr("expected an object"));
  EXPECT_THAT(ParseRegisterRequest("[]").status().message(), HasSubstr("expected an object"));
  EXPECT_THAT(ParseRegisterRequest(R"({"url":1})").status().message(), HasSubstr("url': expected a string"));
  EXPECT_THAT(ParseRegisterRequest(R"({"batch_size":1.5})").status().message(), HasSubstr("an integer of 32 bits"));
  EXPECT_THAT(ParseRegisterRequest(R"({"batch_size":"x"})").status().message(), HasSubstr("an integer of 32 bits"));
  EXPECT_FALSE(ParseRegisterRequest(R"({"batch_size":[]})").ok());
  EXPECT_FALSE(ParseRegisterRequest(R"({"synchronous":1})").ok());
  EXPECT_FALSE(ParseRegisterRequest("{} x").ok());
}

TEST(ReadScaleRequest, TakesTheLeastForTheMostWhereThatIsNotGiven) {
  EXPECT_EQ(ReadScaleRequest({}), ScaleRequest{});
  const std::vector<FormField> query = {{"min_worker", "3"}, {"synchronous", "true"}, {"timeout", "5"}};
  EXPECT_EQ(ReadScaleRequest(query),
            (ScaleRequest{.min_worker = 3, .max_worker = 3, .timeout = 5, .synchronous = true}));
  const std::vector<FormField> odd = {{"min_worker", "nan"}, {"max_worker", "-1"}, {"number_gpu", "1"}};
  EXPECT_EQ(ReadScaleRequest(odd), (ScaleRequest{.min_worker = 1, .max_worker = -1, .number_gpu = 1}));
}

TEST(ReadListRequest, HasDefaults) {
  EXPECT_EQ(ReadListRequest({}).limit, 100);
  const std::vector<FormField> query = {{"limit", "-1"}, {"next_page_token", "7"}};
  EXPECT_EQ(ReadListRequest(query).limit, -1);
  EXPECT_EQ(ReadListRequest(query).next_page_token, 7);
}

}  // namespace
}  // namespace trireme::torchserve
