// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/trial.h"

#include <gtest/gtest.h>

#include <limits>

#include "backend/testing/fake_backend.h"
#include "base/testing/manual_clock.h"
#include "lifecycle/sample_input.h"

namespace trireme {
namespace {

using std::chrono::microseconds;
using Costs = std::vector<Duration>;

TEST(BatchThatPays, IsOneWhenARowCostsTheSameInAnyBatch) {
  EXPECT_EQ(BatchThatPays(Costs{microseconds(100), microseconds(198), microseconds(390)}), 1);
}

TEST(BatchThatPays, IsTheSmallestAmongThoseThatAreAsCheap) {
  EXPECT_EQ(BatchThatPays(Costs{microseconds(100), microseconds(110), microseconds(120), microseconds(235)}), 4);
}

TEST(BatchThatPays, IsOneForASingleMeasurement) {
  EXPECT_EQ(BatchThatPays(Costs{microseconds(5)}), 1);
}

Tensor Floats(const std::vector<float>& values) {
  MemoryPool pool;
  Tensor tensor = MakeTensor(pool, DataType::kFp32, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.MutableAs<float>().begin());
  return tensor;
}

TEST(NearlyEqual, AllowsWhatAnotherOrderOfSummationChanges) {
  EXPECT_TRUE(NearlyEqual(Floats({1, 1000}), Floats({1.00001F, 1000.01F})));
  EXPECT_FALSE(NearlyEqual(Floats({1, 1}), Floats({1, 1.01F})));
  EXPECT_FALSE(NearlyEqual(Floats({1}), Floats({1, 1})));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(NearlyEqual(Floats({nan, 1}), Floats({nan, 1})));
  EXPECT_FALSE(NearlyEqual(Floats({1, 1}), Floats({nan, 1})));
  EXPECT_FALSE(NearlyEqual(Floats({nan, 1}), Floats({1, 1})));
}

TEST(TryModel, BelievesABatchingModel) {
  MemoryPool pool;
  const auto model = MakeFakeModel(std::make_shared<FakeScript>());
  const TrialResult result = TryModel(*model, model->signature(), {}, pool, Clock::System());
  EXPECT_TRUE(result.ran);
  EXPECT_TRUE(result.batched) << result.note;
  EXPECT_GE(result.max_rows, 1);
}

TEST(TryModel, FindsOutThatRowsInfluenceOneAnother) {
  MemoryPool pool;
  const auto model = MakeFakeModel(std::make_shared<FakeScript>(), {.mixes_rows = true});
  const TrialResult result = TryModel(*model, model->signature(), {}, pool, Clock::System());
  EXPECT_TRUE(result.ran);
  EXPECT_FALSE(result.batched);
  EXPECT_EQ(result.max_rows, 1);
  EXPECT_NE(result.note.find("'y'"), std::string::npos) << result.note;
  EXPECT_EQ(result.why_no_more, "output 'y' of a row depends on the other rows of its batch");
}

TEST(TryModel, DoesNotBatchAModelWithoutRows) {
  MemoryPool pool;
  const auto model = MakeFakeModel(std::make_shared<FakeScript>(), {.batched = false});
  const TrialResult result = TryModel(*model, model->signature(), {}, pool, Clock::System());
  EXPECT_TRUE(result.ran);
  EXPECT_FALSE(result.batched);
}

TEST(TryModel, DoesNotBatchAModelThatFailsOnTwoRows) {
  MemoryPool pool;
  auto script = std::make_shared<FakeScript>();
  script->FailWhen([](int64_t rows) { return rows > 1 ? Internal("one at a time") : Status(); });
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {}, pool, Clock::System());
  EXPECT_TRUE(result.ran);
  EXPECT_FALSE(result.batched);
}

TEST(TryModel, ServesAModelThatTakesNoSampleWithoutBatching) {
  MemoryPool pool;
  auto script = std::make_shared<FakeScript>();
  script->FailWhen([](int64_t) { return InvalidArgument("not like this"); });
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {}, pool, Clock::System());
  EXPECT_FALSE(result.ran);
  EXPECT_FALSE(result.batched);
  EXPECT_NE(result.note.find("not like this"), std::string::npos);
  EXPECT_EQ(result.why_no_more, "it does not take made-up input (not like this)");
}

TEST(TryModel, KeepsTheBatchThatIsAskedForAndWarmsUpToIt) {
  MemoryPool pool;
  auto script = std::make_shared<FakeScript>();
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {.max_rows = 16}, pool, Clock::System());
  EXPECT_EQ(result.max_rows, 16);
  EXPECT_EQ(result.why_no_more, "as it was set");
  EXPECT_EQ(script->runs().back(), 16);
}

TEST(TryModel, KeepsALargeBatchThatIsAskedForWithoutTryingIt) {
  MemoryPool pool;
  const ManualClock clock;
  auto script = std::make_shared<FakeScript>();
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {.max_rows = 262144}, pool, clock);
  EXPECT_EQ(result.max_rows, 262144);
  EXPECT_EQ(script->runs().back(), 1024);
}

TEST(TryModel, WarmsUpNoLongerThanIsEnough) {
  MemoryPool pool;
  ManualClock clock;
  auto script = std::make_shared<FakeScript>();
  script->FailWhen([&](int64_t rows) {
    if (rows > 2) clock.Advance(std::chrono::milliseconds(200));
    return Status();
  });
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {.max_rows = 64}, pool, clock);
  EXPECT_EQ(result.max_rows, 64);
  EXPECT_EQ(script->runs().back(), 8);
}

TEST(TryModel, LongRunsThatAreNoLongerForMoreRowsAreFoundOnAGpu) {
  MemoryPool pool;
  ManualClock clock;
  auto script = std::make_shared<FakeScript>();
  script->FailWhen([&](int64_t) {
    clock.Advance(std::chrono::milliseconds(45));
    return Status();
  });
  const auto model = MakeFakeModel(script);
  EXPECT_EQ(TryModel(*model, model->signature(), {.on_processors = true}, pool, clock).max_rows, 1);
  EXPECT_EQ(TryModel(*model, model->signature(), {.on_processors = false}, pool, clock).max_rows, 32);
}

TEST(TryModel, SaysWhyABatchHasNoMoreRows) {
  using std::chrono::milliseconds;
  const struct {
    Duration run{0}, row{0};  // what they take
    int64_t fails_from = 1000;
    TrialOptions options;
    int64_t max_rows;
    std::string why;
  } kCases[] = {
      {.run = milliseconds(1), .options = {}, .max_rows = 32, .why = "larger ones were not tried"},
      {.row = milliseconds(1), .options = {}, .max_rows = 1, .why = "more would hardly make a row cheaper"},
      {.row = milliseconds(30),
       .options = {},
       .max_rows = 1,
       .why = "a row takes so long that others would hardly make it cheaper"},
      {.run = milliseconds(19),
       .options = {.enough = milliseconds(100)},
       .max_rows = 2,
       .why = "larger ones were not tried, as runs take so long"},
      {.run = milliseconds(1),
       .options = {.most_bytes = 100},
       .max_rows = 4,
       .why = "larger ones were not tried, as their inputs are so large"},
      {.run = milliseconds(1), .fails_from = 8, .options = {}, .max_rows = 4, .why = "a run of 8 rows failed"},
  };
  for (const auto& one : kCases) {
    MemoryPool pool;
    ManualClock clock;
    auto script = std::make_shared<FakeScript>();
    script->FailWhen([&](int64_t rows) {
      clock.Advance(one.run + one.row * rows);
      return rows < one.fails_from ? Status() : Internal("too many");
    });
    const auto model = MakeFakeModel(script);
    const TrialResult result = TryModel(*model, model->signature(), one.options, pool, clock);
    EXPECT_EQ(result.max_rows, one.max_rows) << one.why;
    EXPECT_EQ(result.why_no_more, one.why);
  }
}

TEST(TryModel, MakesUpNoMoreBytesThanItMay) {
  MemoryPool pool;
  const ManualClock clock;
  auto script = std::make_shared<FakeScript>();
  const auto model = MakeFakeModel(script);
  // A row of a fake has 16 bytes.
  const TrialResult result = TryModel(*model, model->signature(), {.max_rows = 64, .most_bytes = 100}, pool, clock);
  EXPECT_EQ(result.max_rows, 64);
  EXPECT_EQ(script->runs().back(), 4);
}

TEST(TryModel, LooksAtNoLargerBatchThanItIsAllowed) {
  MemoryPool pool;
  auto script = std::make_shared<FakeScript>();
  const auto model = MakeFakeModel(script);
  const TrialResult result = TryModel(*model, model->signature(), {.most_rows = 3}, pool, Clock::System());
  EXPECT_TRUE(result.batched);
  EXPECT_LE(result.max_rows, 3);
  for (const int64_t rows : script->runs()) EXPECT_LE(rows, 3);
}

TEST(MakeSampleInputs, DiffersByRowAndSeedAndIsRepeatable) {
  MemoryPool pool;
  const Signature signature = FakeSignature();
  const auto a = MakeSampleInputs(signature, {.rows = 2, .seed = 1}, pool);
  const auto again = MakeSampleInputs(signature, {.rows = 2, .seed = 1}, pool);
  const auto b = MakeSampleInputs(signature, {.rows = 2, .seed = 2}, pool);
  EXPECT_EQ((*a)[0].shape, (Shape{2, 4}));
  EXPECT_TRUE(NearlyEqual((*a)[0], (*again)[0]));
  EXPECT_FALSE(NearlyEqual((*a)[0], (*b)[0]));
}

TEST(MakeSampleInputs, RefusesWhatWouldTakeTooMuchMemory) {
  MemoryPool pool;
  const Signature signature{.inputs = {{.name = "x", .type = DataType::kFp64, .shape = {1 << 20, 1 << 20}}},
                            .outputs = {}};
  EXPECT_FALSE(MakeSampleInputs(signature, {}, pool).has_value());
}

TEST(MakeSampleInputs, FillsEveryType) {
  MemoryPool pool;
  for (int type = 0; type <= static_cast<int>(DataType::kBytes); ++type) {
    const Signature signature{.inputs = {{.name = "x", .type = static_cast<DataType>(type), .shape = {3}}},
                              .outputs = {}};
    const auto inputs = MakeSampleInputs(signature, {}, pool);
    ASSERT_TRUE(inputs.has_value());
    EXPECT_FALSE((*inputs)[0].data.empty());
  }
}

}  // namespace
}  // namespace trireme
