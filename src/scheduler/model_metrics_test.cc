// SPDX-License-Identifier: Apache-2.0
#include "scheduler/model_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/loop_thread.h"

namespace trireme {
namespace {

using FailureReason = ModelStatistics::FailureReason;
using std::chrono::microseconds;
using testing::HasSubstr;
using testing::Not;

// Received at 1 h, then 1 us of reading, 2 us in line, 3 us of joining, 4 us of running and 5 us of splitting.
Stages StagesOfARun() {
  Stages stages;
  stages.received = TimePoint(std::chrono::hours(1));
  stages.queued = stages.received + microseconds(1);
  stages.taken = stages.queued + microseconds(2);
  stages.run_begin = stages.taken + microseconds(3);
  stages.run_end = stages.run_begin + microseconds(4);
  stages.answered = stages.run_end + microseconds(5);
  return stages;
}

Stages StagesInLine() {
  Stages stages = StagesOfARun();
  stages.taken = stages.run_begin = stages.run_end = TimePoint();
  return stages;
}

void ExpectTime(const CountedTime& time, uint64_t count, Duration total) {
  EXPECT_EQ(time.count, count);
  EXPECT_EQ(time.total, total);
}

class ModelMetricsTest : public testing::Test {
 protected:
  ModelMetrics::Ended Ok(int64_t rows) const { return {.rows = rows, .stages = &stages_}; }
  ModelMetrics::Ended Failed(int64_t rows, FailureReason reason) const {
    return {.code = StatusCode::kInvalidArgument, .reason = reason, .rows = rows, .stages = &stages_};
  }
  void Run(const std::vector<ModelMetrics::Ended>& requests) { metrics_.RecordRun(requests); }

  const Stages stages_ = StagesOfARun();
  metrics::Registry registry_;
  ModelMetrics metrics_{registry_, {"m", 3}};
};

TEST_F(ModelMetricsTest, KnowWhatWasWantedAndWhatThatTook) {
  for (int i = 0; i < 5; ++i) metrics_.CountArrival();
  Run({Ok(2), Ok(1), Failed(1, FailureReason::kBackend)});
  metrics_.Record(StatusCode::kOverloaded, StagesInLine());
  const metrics::WorkTotals work = metrics_.work();
  EXPECT_EQ(work.came, 5U);
  EXPECT_EQ(work.run, 3U);
  EXPECT_EQ(work.run_time, microseconds(4));
  EXPECT_EQ(work.around_time, microseconds(3 + 5));
  EXPECT_EQ(work.on_loops, Duration(0));
}

TEST_F(ModelMetricsTest, KnowWhatLoopsDid) {
  Run({Ok(1)});
  std::thread([this] {
    BecomeLoopThread();
    Run({Ok(1), Ok(1)});
  }).join();
  EXPECT_EQ(metrics_.work().run_time, microseconds(4 + 4));
  EXPECT_EQ(metrics_.work().on_loops, microseconds(3 + 4 + 5));
}

TEST_F(ModelMetricsTest, BeginWithNothing) {
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.last_inference, std::chrono::system_clock::time_point());
  EXPECT_EQ(statistics.success.count, 0U);
  EXPECT_TRUE(statistics.batches.empty());
}

TEST_F(ModelMetricsTest, CountARequestByItselfAndARunOnce) {
  Run({Ok(2), Ok(3)});
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_NE(statistics.last_inference, std::chrono::system_clock::time_point());
  EXPECT_EQ(statistics.inferences, 5U);
  EXPECT_EQ(statistics.executions, 1U);
  ExpectTime(statistics.success, 2, microseconds(30));
  ExpectTime(statistics.queue, 2, microseconds(4));
  ExpectTime(statistics.compute_input, 2, microseconds(6));
  ExpectTime(statistics.compute_infer, 2, microseconds(8));
  ExpectTime(statistics.compute_output, 2, microseconds(10));
  ExpectTime(statistics.fail, 0, {});
  ASSERT_EQ(statistics.batches.size(), 1U);
  const ModelStatistics::Batch& batch = statistics.batches.at(5);
  ExpectTime(batch.compute_input, 1, microseconds(3));
  ExpectTime(batch.compute_infer, 1, microseconds(4));
  ExpectTime(batch.compute_output, 1, microseconds(5));
}

TEST_F(ModelMetricsTest, ARunHasTheRowsOfTheRequestsThatSucceeded) {
  Run({Ok(2), Failed(3, FailureReason::kOther)});
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.inferences, 2U);
  EXPECT_EQ(statistics.executions, 1U);
  EXPECT_EQ(statistics.batches.at(2).compute_infer.count, 1U);
  EXPECT_EQ(statistics.batches.size(), 1U);
  ExpectTime(statistics.fail, 1, microseconds(15));
  EXPECT_EQ(statistics.failures[static_cast<size_t>(FailureReason::kOther)], 1U);
}

TEST_F(ModelMetricsTest, ARunOfWhichNothingCameIsNoExecution) {
  Run({Failed(1, FailureReason::kBackend)});
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.executions, 0U);
  EXPECT_TRUE(statistics.batches.empty());
  EXPECT_EQ(statistics.fail.count, 1U);
  EXPECT_EQ(statistics.failures[static_cast<size_t>(FailureReason::kBackend)], 1U);
  EXPECT_EQ(statistics.last_inference, std::chrono::system_clock::time_point());
}

TEST_F(ModelMetricsTest, NameWhyARequestFailedWithoutARun) {
  const struct {
    StatusCode code;
    FailureReason reason;
  } rows[] = {
      {StatusCode::kOverloaded, FailureReason::kRejected}, {StatusCode::kDeadlineExceeded, FailureReason::kRejected},
      {StatusCode::kCancelled, FailureReason::kCanceled},  {StatusCode::kInvalidArgument, FailureReason::kOther},
      {StatusCode::kUnavailable, FailureReason::kOther},   {StatusCode::kTooLarge, FailureReason::kOther},
  };
  for (const auto& row : rows) {
    const uint64_t before = metrics_.statistics().failures[static_cast<size_t>(row.reason)];
    metrics_.Record(row.code, StagesInLine());
    EXPECT_EQ(metrics_.statistics().failures[static_cast<size_t>(row.reason)], before + 1) << Name(row.code);
  }
  EXPECT_EQ(metrics_.statistics().fail.count, std::size(rows));
}

TEST_F(ModelMetricsTest, ClientsCannotMakeThemGrowWithoutEnd) {
  for (int64_t rows = 1; rows <= 5000; ++rows) Run({Ok(rows)});
  const ModelStatistics statistics = metrics_.statistics();
  EXPECT_EQ(statistics.executions, 5000U);
  EXPECT_LE(statistics.batches.size(), 1024U);
}

TEST_F(ModelMetricsTest, ShowTritonsSeries) {
  Run({Ok(2), Ok(3), Failed(1, FailureReason::kBackend)});
  metrics_.Record(StatusCode::kOverloaded, StagesInLine());
  metrics_.AddWaiting(3);
  metrics_.AddWaiting(-1);
  metrics_.RecordLoad(std::chrono::milliseconds(1500));
  const std::string text = registry_.Expose();
  for (const char* line : {
           "nv_inference_request_success{model=\"m\",version=\"3\"} 2\n",
           "nv_inference_request_failure{model=\"m\",reason=\"REJECTED\",version=\"3\"} 1\n",
           "nv_inference_request_failure{model=\"m\",reason=\"CANCELED\",version=\"3\"} 0\n",
           "nv_inference_request_failure{model=\"m\",reason=\"BACKEND\",version=\"3\"} 1\n",
           "nv_inference_request_failure{model=\"m\",reason=\"OTHER\",version=\"3\"} 0\n",
           "nv_inference_count{model=\"m\",version=\"3\"} 5\n",
           "nv_inference_exec_count{model=\"m\",version=\"3\"} 1\n",
           "nv_inference_request_duration_us{model=\"m\",version=\"3\"} 30\n",
           "nv_inference_queue_duration_us{model=\"m\",version=\"3\"} 4\n",
           "nv_inference_compute_input_duration_us{model=\"m\",version=\"3\"} 6\n",
           "nv_inference_compute_infer_duration_us{model=\"m\",version=\"3\"} 8\n",
           "nv_inference_compute_output_duration_us{model=\"m\",version=\"3\"} 10\n",
           "nv_inference_pending_request_count{model=\"m\",version=\"3\"} 2\n",
           "nv_model_load_duration_secs{model=\"m\",version=\"3\"} 1.5\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(ModelMetricsTest, ShowTheSeriesOfAllModelsInOneFamilyAndTheyGoWithTheModel) {
  {
    const ModelMetrics other(registry_, {"other", 1});
    const std::string text = registry_.Expose();
    const std::string head = "# TYPE nv_inference_count counter\n";
    EXPECT_EQ(text.find(head), text.rfind(head));
    EXPECT_THAT(text, HasSubstr("nv_inference_count{model=\"other\",version=\"1\"} 0\n"));
  }
  EXPECT_THAT(registry_.Expose(), Not(HasSubstr("other")));
}

// Prometheus' own opinion: 3 is for a name that it would have chosen otherwise, as counters that do not end in _total.
// What it cannot read is 1.
TEST_F(ModelMetricsTest, CountAnswersFromTheCacheAmongTheSuccessful) {
  EXPECT_THAT(registry_.Expose(), Not(HasSubstr("nv_cache"))) << "nobody looks there";
  Stages stages;
  stages.received = TimePoint(std::chrono::hours(1));
  stages.answered = stages.received + microseconds(7);
  metrics_.RecordCacheMiss(microseconds(2));
  metrics_.RecordKept(microseconds(3));
  Run({Ok(1)});
  metrics_.RecordCacheHit(microseconds(4), stages);
  const ModelStatistics statistics = metrics_.statistics();
  ExpectTime(statistics.success, 2, microseconds(15 + 7));
  ExpectTime(statistics.cache_hit, 1, microseconds(4));
  ExpectTime(statistics.cache_miss, 1, microseconds(5));
  EXPECT_EQ(statistics.queue.count, 2U);
  EXPECT_EQ(statistics.compute_infer.count, 1U);
  EXPECT_EQ(statistics.inferences, 1U);
  for (const char* line : {"nv_cache_num_hits_per_model{model=\"m\",version=\"3\"} 1\n",
                           "nv_cache_num_misses_per_model{model=\"m\",version=\"3\"} 1\n",
                           "nv_cache_hit_duration_per_model{model=\"m\",version=\"3\"} 4\n",
                           "nv_cache_miss_duration_per_model{model=\"m\",version=\"3\"} 5\n",
                           "nv_inference_request_success{model=\"m\",version=\"3\"} 2\n"}) {
    EXPECT_THAT(registry_.Expose(), HasSubstr(line));
  }
}

TEST_F(ModelMetricsTest, PromtoolMindsNothingButTritonsNames) {
  Run({Ok(2)});
  const std::string text = registry_.Expose();
  FILE* promtool = popen("promtool check metrics 2>/dev/null", "w");
  ASSERT_NE(promtool, nullptr);
  EXPECT_EQ(fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(WEXITSTATUS(pclose(promtool)), 3) << "127: promtool is missing (apt-get install prometheus)\n" << text;
}

TEST_F(ModelMetricsTest, EveryCopyIsOfOneMoment) {
  std::vector<std::thread> recorders;
  for (int i = 0; i < 3; ++i) {
    recorders.emplace_back([this] {
      for (int run = 0; run < 500; ++run) Run({Ok(2), Ok(1), Failed(4, FailureReason::kBackend)});
    });
  }
  for (int i = 0; i < 200; ++i) {
    const ModelStatistics statistics = metrics_.statistics();
    uint64_t rows = 0;
    uint64_t runs = 0;
    for (const auto& [size, batch] : statistics.batches) {
      rows += size * batch.compute_infer.count;
      runs += batch.compute_infer.count;
    }
    ASSERT_EQ(statistics.success.count, statistics.queue.count);
    ASSERT_EQ(statistics.success.count, statistics.compute_output.count);
    ASSERT_EQ(statistics.inferences, rows);
    ASSERT_EQ(statistics.executions, runs);
    ASSERT_EQ(statistics.fail.count, runs);
  }
  for (std::thread& recorder : recorders) recorder.join();
  EXPECT_EQ(metrics_.statistics().inferences, 4500U);
}

TEST_F(ModelMetricsTest, KnowWhatMostRequestsTookOnceThereAreAHundred) {
  for (int i = 0; i < 99; ++i) Run({Ok(1)});
  EXPECT_EQ(metrics_.p99(), std::nullopt);
  metrics_.Record(StatusCode::kOverloaded, StagesInLine());
  ASSERT_TRUE(metrics_.p99());
  // All took 15 us, of which is known that it is between 10 and 20.
  EXPECT_GT(*metrics_.p99(), microseconds(10));
  EXPECT_LE(*metrics_.p99(), microseconds(20));
}

TEST_F(ModelMetricsTest, CountsResponsesByTheirIndex) {
  using Kind = ModelMetrics::ResponseKind;
  metrics_.RecordResponse({.index = 0, .infer = microseconds(3), .output = microseconds(2)});
  metrics_.RecordResponse({.index = 0, .infer = microseconds(3), .output = microseconds(2)});
  metrics_.RecordResponse({.kind = Kind::kFail, .index = 1, .infer = microseconds(4)});
  metrics_.RecordResponse({.kind = Kind::kCancel, .index = 1, .infer = microseconds(5)});
  metrics_.RecordResponse({.kind = Kind::kEmpty, .index = 2, .infer = microseconds(6)});
  metrics_.RecordResponse({.index = 1 << 20});
  const ModelStatistics statistics = metrics_.statistics();
  ASSERT_EQ(statistics.responses.size(), 3U) << "clients do not choose how much is kept";
  ExpectTime(statistics.responses[0].compute_infer, 2, microseconds(6));
  ExpectTime(statistics.responses[0].compute_output, 2, microseconds(4));
  ExpectTime(statistics.responses[0].success, 2, microseconds(10));
  ExpectTime(statistics.responses[1].fail, 1, microseconds(4));
  ExpectTime(statistics.responses[1].cancel, 1, microseconds(5));
  ExpectTime(statistics.responses[2].empty_response, 1, microseconds(6));
}

}  // namespace
}  // namespace trireme
