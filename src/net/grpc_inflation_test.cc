// SPDX-License-Identifier: Apache-2.0
#include "net/grpc_inflation.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trireme::net {
namespace {

BodyBuffer Compressed(MemoryPool& pool, std::string_view text, DeflatedForm form = DeflatedForm::kGzip) {
  const std::string deflated = Deflate(std::span(&text, 1), form);
  BodyBuffer body;
  body.Begin(pool, deflated.size(), 0);
  body.Append(pool, deflated);
  return body;
}

std::string Text(const GrpcMessage& message) {
  return {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()};
}

class GrpcInflationTest : public testing::Test {
 protected:
  MemoryPool pool_;
  ByteBudget budget_{10 << 20};
};

TEST_F(GrpcInflationTest, SmallOnesAreDoneAtOnce) {
  GrpcInflation gzip(Compressed(pool_, "hello"), {.encoding = GrpcEncoding::kGzip, .max_bytes = 100}, pool_, budget_);
  EXPECT_TRUE(gzip.Begin());
  EXPECT_EQ(gzip.status().code, GrpcCode::kOk);
  EXPECT_EQ(Text(gzip.message()), "hello");

  GrpcInflation deflate(Compressed(pool_, "hello", DeflatedForm::kZlib),
                        {.encoding = GrpcEncoding::kDeflate, .max_bytes = 100}, pool_, budget_);
  EXPECT_TRUE(deflate.Begin());
  EXPECT_EQ(Text(deflate.message()), "hello");
}

TEST_F(GrpcInflationTest, LongOnesAreLeftToAnotherThread) {
  const std::string text(1 << 20, 'x');
  GrpcInflation inflation(Compressed(pool_, text), {.max_bytes = 1 << 20}, pool_, budget_);
  EXPECT_FALSE(inflation.Begin());
  inflation.Finish({});
  EXPECT_EQ(inflation.status().code, GrpcCode::kOk);
  EXPECT_EQ(Text(inflation.message()), text);
}

TEST_F(GrpcInflationTest, TensorsAreAligned) {
  for (const size_t size : {size_t{50}, size_t{5000}, size_t{1} << 20}) {
    const std::string text(size, '\x21');
    GrpcInflation inflation(
        Compressed(pool_, text),
        {.max_bytes = 1 << 20,
         .align_at = [](std::span<const std::byte> beginning) { return std::to_integer<size_t>(beginning.front()); }},
        pool_, budget_);
    if (!inflation.Begin()) inflation.Finish({});
    ASSERT_EQ(Text(inflation.message()), text);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(inflation.message().bytes.data() + 0x21) % MemoryPool::kAlignment, 0U);
  }
}

TEST_F(GrpcInflationTest, IsBoundedByWhatTheMethodTakes) {
  GrpcInflation inflation(Compressed(pool_, std::string(1 << 20, 'x')), {.max_bytes = 1000}, pool_, budget_);
  EXPECT_TRUE(inflation.Begin());
  EXPECT_EQ(inflation.status().code, GrpcCode::kResourceExhausted);
  EXPECT_TRUE(inflation.status().message.starts_with(
      "message: expected at most 1000 bytes once inflated "
      "(--http-max-input-size, --max-body-in-flight or half of --budget), got more, out of "))
      << inflation.status().message;
}

TEST_F(GrpcInflationTest, IsBoundedByWhatAllMayHold) {
  GrpcInflation inflation(Compressed(pool_, std::string(64 << 20, 'x')), {.max_bytes = 1 << 30}, pool_, budget_);
  if (!inflation.Begin()) inflation.Finish({});
  EXPECT_EQ(inflation.status().code, GrpcCode::kResourceExhausted);
  EXPECT_TRUE(inflation.status().message.find("--max-body-in-flight") != std::string::npos);
}

TEST_F(GrpcInflationTest, WhatIsNotCompressedIsAClientsMistake) {
  BodyBuffer body;
  body.Begin(pool_, 100, 0);
  body.Append(pool_, "this is no gzip");
  GrpcInflation inflation(std::move(body), {.max_bytes = 1000}, pool_, budget_);
  EXPECT_TRUE(inflation.Begin());
  EXPECT_EQ(inflation.status().code, GrpcCode::kInvalidArgument);
  EXPECT_TRUE(inflation.status().message.starts_with("message of 15 bytes of gzip: ")) << inflation.status().message;
}

TEST_F(GrpcInflationTest, NobodyInflatesForAClientThatHasGone) {
  GrpcInflation inflation(Compressed(pool_, std::string(1 << 20, 'x')), {.max_bytes = 1 << 20}, pool_, budget_);
  const Cancellation cancellation = Cancellation::Make();
  cancellation.Cancel();
  inflation.Finish(cancellation);
  EXPECT_EQ(inflation.status().code, GrpcCode::kCancelled);
}

TEST_F(GrpcInflationTest, NothingInflatesToNothing) {
  GrpcInflation inflation(
      Compressed(pool_, ""),
      {.max_bytes = 10, .align_at = [](std::span<const std::byte> beginning) { return beginning.size() + 7; }}, pool_,
      budget_);
  EXPECT_TRUE(inflation.Begin());
  EXPECT_EQ(inflation.status().code, GrpcCode::kOk);
  EXPECT_EQ(Text(inflation.message()), "");
}

}  // namespace
}  // namespace trireme::net
