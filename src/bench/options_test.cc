// SPDX-License-Identifier: Apache-2.0
#include "bench/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::bench {
namespace {

using testing::HasSubstr;

TEST(BenchOptionsTest, DefaultsAreFineOnceThereIsAUrl) {
  BenchOptions options;
  EXPECT_EQ(Check(options).code(), StatusCode::kInvalidArgument);
  options.url = "localhost:8000";
  EXPECT_TRUE(Check(options).ok());
}

TEST(BenchOptionsTest, NamesTheFlagThatIsOutOfRange) {
  const auto refusal = [](auto change) {
    BenchOptions options;
    options.url = "localhost";
    change(options);
    return Check(options).message();
  };
  EXPECT_THAT(refusal([](BenchOptions& o) { o.connections = 0; }),
              HasSubstr("--connections: expected 1 to 10000, got 0"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.rows = 0; }), HasSubstr("--rows"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.windows = 1'001; }), HasSubstr("--windows"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.window = std::chrono::milliseconds(0); }), HasSubstr("--window:"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.warm_up = std::chrono::milliseconds(-1); }), HasSubstr("--warm-up"));
  EXPECT_THAT(refusal([](BenchOptions& o) { o.timeout = std::chrono::hours(25); }), HasSubstr("--timeout"));
}

TEST(ParseInputShapeTest, ReadsNameAndDimensions) {
  const auto shape = ParseInputShape("a=b=1,3,224,0");
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ(shape->input, "a=b");
  EXPECT_EQ(shape->shape, Shape({1, 3, 224, 0}));
  EXPECT_EQ(ParseInputShape("scalar=")->shape, Shape());
}

TEST(ParseInputShapeTest, RefusesWhatIsNoShape) {
  for (const char* text : {"", "x", "=1", "x=1,", "x=,1", "x=1;2", "x=-1", "x=1.5", "x=99999999999999999999",
                           "x=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}) {
    EXPECT_EQ(ParseInputShape(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParseFormTest, KnowsBothForms) {
  EXPECT_EQ(*ParseForm("json"), Form::kJson);
  EXPECT_EQ(*ParseForm("binary"), Form::kBinary);
  EXPECT_EQ(ParseForm("yaml").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme::bench
