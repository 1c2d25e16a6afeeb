// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "backend/testing/recorded_responses.h"
#include "base/testing/manual_clock.h"
#include "tensor/bytes_elements.h"

namespace trireme::repeat {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class RepeatModelTest : public testing::Test {
 protected:
  template <typename T>
  Tensor Vector(DataType type, const std::vector<T>& values) {
    Tensor tensor = MakeTensor(pool_, type, {static_cast<int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.MutableAs<T>().begin());
    return tensor;
  }
  Tensor Ints(const std::vector<int32_t>& values) { return Vector(DataType::kInt32, values); }
  Tensor Numbers(const std::vector<uint32_t>& values) { return Vector(DataType::kUint32, values); }
  static Tensor None() { return {.type = DataType::kUint32, .shape = {}, .data = {}}; }

  std::unique_ptr<RepeatModel> Model(DataType type = DataType::kInt32) {
    const Signature signature{
        .inputs = {{.name = "IN", .type = type, .shape = {Shape::kAny}},
                   {.name = "DELAY", .type = DataType::kUint32, .shape = {Shape::kAny}, .optional = true},
                   {.name = "WAIT", .type = DataType::kUint32, .shape = {1}, .optional = true}},
        .outputs = {{.name = "OUT", .type = type, .shape = {1}},
                    {.name = "IDX", .type = DataType::kUint32, .shape = {1}}}};
    const Pause pause{.clock = clock_, .sleep = [this](Duration time) {
                        longest_sleep_ = std::max(longest_sleep_, time);
                        clock_.Advance(time);
                      }};
    return std::make_unique<RepeatModel>(signature, FindPlaces(signature).value(), pool_, pause);
  }

  Status Run(const std::vector<Tensor>& inputs, ResponseStream& responses) {
    const int wanted[] = {0, 1};
    return Model()->RunDecoupled(inputs, wanted, responses);
  }

  MemoryPool pool_;
  ManualClock clock_;
  Duration longest_sleep_{0};
};

TEST_F(RepeatModelTest, SendsAResponseForEachElement) {
  RecordedResponses got;
  ASSERT_TRUE(Run({Ints({7, 8, 9}), None(), None()}, got).ok());
  ASSERT_EQ(got.responses.size(), 3U);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(got.responses[i][0].shape, Shape({1}));
    EXPECT_THAT(got.responses[i][0].As<int32_t>(), ElementsAre(static_cast<int32_t>(7 + i)));
    EXPECT_THAT(got.responses[i][1].As<uint32_t>(), ElementsAre(i));
  }
}

TEST_F(RepeatModelTest, SendsNothingForNoElement) {
  RecordedResponses got;
  ASSERT_TRUE(Run({Ints({}), Numbers({}), None()}, got).ok());
  EXPECT_TRUE(got.responses.empty());
}

TEST_F(RepeatModelTest, GivesTheOutputsThatAreWantedInTheirOrder) {
  RecordedResponses got;
  const int wanted[] = {1, 0};
  ASSERT_TRUE(Model()->RunDecoupled(std::vector<Tensor>{Ints({5}), None(), None()}, wanted, got).ok());
  EXPECT_THAT(got.responses.at(0).at(0).As<uint32_t>(), ElementsAre(0));
  EXPECT_THAT(got.responses.at(0).at(1).As<int32_t>(), ElementsAre(5));
}

TEST_F(RepeatModelTest, RepeatsText) {
  std::vector<std::byte> data;
  for (const char* text : {"one", "", "three"}) AppendBytesElement(data, text);
  const Tensor in{.type = DataType::kBytes, .shape = {3}, .data = Buffer::CopyOf(data)};
  RecordedResponses got;
  const int wanted[] = {0};
  ASSERT_TRUE(Model(DataType::kBytes)->RunDecoupled(std::vector<Tensor>{in, None(), None()}, wanted, got).ok());
  std::vector<std::string> texts;
  for (const auto& response : got.responses) {
    BytesReader reader(response.at(0).data.bytes());
    texts.emplace_back(reader.Next().value());
    EXPECT_TRUE(reader.AtEnd());
  }
  EXPECT_THAT(texts, ElementsAre("one", "", "three"));
}

TEST_F(RepeatModelTest, WaitsBeforeEachResponseAndUntilTheEnd) {
  const TimePoint begin = clock_.Now();
  RecordedResponses got;
  ASSERT_TRUE(Run({Ints({1, 2}), Numbers({100, 200}), None()}, got).ok());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(300));
  ASSERT_TRUE(Run({Ints({1, 2}), Numbers({100, 200}), Numbers({500})}, got).ok());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(800)) << "WAIT counts from the beginning";
  ASSERT_TRUE(Run({Ints({1, 2}), Numbers({100, 200}), Numbers({50})}, got).ok());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(1100)) << "but no response is left out for it";
}

TEST_F(RepeatModelTest, EndsSoonWhenNobodyWantsMore) {
  const TimePoint begin = clock_.Now();
  RecordedResponses one(1);
  ASSERT_TRUE(Run({Ints({1, 2}), Numbers({10, 50'000}), None()}, one).ok());
  EXPECT_EQ(one.responses.size(), 1U);
  RecordedResponses none(0);
  ASSERT_TRUE(Run({Ints({1, 2}), Numbers({50'000, 0}), None()}, none).ok());
  EXPECT_TRUE(none.responses.empty());
  EXPECT_EQ(clock_.Now() - begin, milliseconds(10));
  EXPECT_LE(longest_sleep_, milliseconds(10));
}

TEST_F(RepeatModelTest, BoundsWhatOneRequestAsksFor) {
  const auto refusal = [&](const std::vector<Tensor>& inputs) {
    RecordedResponses got;
    const Status status = Run(inputs, got);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(got.responses.empty());
    return status.message();
  };
  EXPECT_THAT(refusal({Ints(std::vector<int32_t>(65537)), None(), None()}), HasSubstr("at most 65536 elements"));
  EXPECT_THAT(refusal({Ints({1, 2}), Numbers({1}), None()}), HasSubstr("DELAY: expected the shape of IN, [2]"));
  EXPECT_THAT(refusal({Ints({1, 2}), Numbers({60'000, 1}), None()}), HasSubstr("found 60001"));
  EXPECT_THAT(refusal({Ints({1, 2}), Numbers({UINT32_MAX, UINT32_MAX}), None()}), HasSubstr("found 8589934590"));
  EXPECT_THAT(refusal({Ints({1}), None(), Numbers({60'001})}), HasSubstr("WAIT: expected at most 60000"));
}

}  // namespace
}  // namespace trireme::repeat
