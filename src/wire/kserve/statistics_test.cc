// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/statistics.h"

#include <gtest/gtest.h>

#include <vector>

namespace trireme::kserve {
namespace {

using std::chrono::nanoseconds;

TEST(StatisticsTest, WritesEveryMemberInTritonsOrder) {
  ModelStatistics statistics;
  statistics.last_inference = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'769'860'863'250));
  statistics.inferences = 5;
  statistics.executions = 2;
  statistics.success = {.count = 3, .total = nanoseconds(900)};
  statistics.fail = {.count = 1, .total = nanoseconds(70)};
  statistics.queue = {.count = 3, .total = nanoseconds(100)};
  statistics.compute_input = {.count = 3, .total = nanoseconds(1)};
  statistics.compute_infer = {.count = 3, .total = nanoseconds(2)};
  statistics.compute_output = {.count = 3, .total = nanoseconds(3)};
  statistics.cache_hit = {.count = 2, .total = nanoseconds(9)};
  statistics.cache_miss = {.count = 1, .total = nanoseconds(8)};
  statistics.batches[4].compute_infer = {.count = 1, .total = nanoseconds(20)};
  const std::vector<StatisticsEntry> entries = {{.name = "m",
                                                 .version = "2",
                                                 .statistics = statistics,
                                                 .memory_bytes = 4096,
                                                 .gpu_memory = {{.id = 1, .bytes = 7}}}};
  EXPECT_EQ(EncodeStatistics(entries),
            R"({"model_stats":[{"name":"m","version":"2","last_inference":1769860863250,"inference_count":5,)"
            R"("execution_count":2,"inference_stats":{"success":{"count":3,"ns":900},"fail":{"count":1,"ns":70},)"
            R"("queue":{"count":3,"ns":100},"compute_input":{"count":3,"ns":1},"compute_infer":{"count":3,"ns":2},)"
            R"("compute_output":{"count":3,"ns":3},"cache_hit":{"count":2,"ns":9},"cache_miss":{"count":1,"ns":8}},)"
            R"("response_stats":{},"batch_stats":[{"batch_size":4,"compute_input":{"count":0,"ns":0},)"
            R"("compute_infer":{"count":1,"ns":20},"compute_output":{"count":0,"ns":0}}],)"
            R"("memory_usage":[{"type":"CPU","id":0,"byte_size":4096},{"type":"GPU","id":1,"byte_size":7}]}]})");
}

TEST(StatisticsTest, AModelThatWasNeverAskedHasZeros) {
  const std::string json = EncodeStatistics(std::vector<StatisticsEntry>(1));
  EXPECT_NE(json.find(R"("last_inference":0,"inference_count":0,"execution_count":0)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("batch_stats":[])"), std::string::npos) << json;
  EXPECT_EQ(EncodeStatistics({}), R"({"model_stats":[]})");
}

TEST(StatisticsTest, ResponsesOfOneRequestAreCountedByTheirPlace) {
  std::vector<StatisticsEntry> entries(1);
  entries[0].statistics.responses.resize(2);
  entries[0].statistics.responses[1].empty_response.Add(std::chrono::nanoseconds(3));
  const std::string json = EncodeStatistics(entries);
  EXPECT_NE(json.find(R"("response_stats":{"0":{"compute_infer":{"count":0,"ns":0},)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("empty_response":{"count":1,"ns":3},"cancel":{"count":0,"ns":0}}},"batch)"), std::string::npos)
      << json;
}

}  // namespace
}  // namespace trireme::kserve
