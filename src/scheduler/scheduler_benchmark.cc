// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <memory>
#include <utility>
#include <vector>

#include "metrics/registry.h"
#include "scheduler/batch_queue.h"
#include "scheduler/line_planner.h"
#include "scheduler/model_line.h"
#include "scheduler/model_metrics.h"

namespace trireme {
namespace {

// What counting costs a run of so many requests.
void RecordRun(benchmark::State& state) {
  static metrics::Registry registry;
  static ModelMetrics metrics(registry, {"m", 1});
  Stages stages;
  stages.received = stages.queued = TimePoint(std::chrono::hours(1));
  stages.taken = stages.queued + std::chrono::microseconds(3);
  stages.run_begin = stages.taken + std::chrono::microseconds(1);
  stages.run_end = stages.run_begin + std::chrono::microseconds(300);
  stages.answered = stages.run_end + std::chrono::microseconds(2);
  const std::vector<ModelMetrics::Ended> requests(state.range(0), {.stages = &stages});
  for (auto _ : state) metrics.RecordRun(requests);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(RecordRun)->Arg(1)->Arg(8)->Arg(32);
BENCHMARK(RecordRun)->Arg(1)->Arg(8)->Threads(2)->UseRealTime();

void ReadStatistics(benchmark::State& state) {
  metrics::Registry registry;
  ModelMetrics metrics(registry, {"m", 1});
  const Stages stages;
  for (int64_t rows = 1; rows <= 32; ++rows) {
    const ModelMetrics::Ended ended{.rows = rows, .stages = &stages};
    metrics.RecordRun({&ended, 1});
  }
  for (auto _ : state) benchmark::DoNotOptimize(metrics.statistics());
}
BENCHMARK(ReadStatistics);

// A model that takes no time.
class NoModel final : public OpenModel {
 public:
  const Signature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> /*wanted*/,
                                  std::span<Buffer> /*destinations*/) override {
    return std::vector<Tensor>{inputs[0]};
  }
  MemoryUse memory_use() const override { return {}; }

 private:
  Signature signature_{.inputs = {{.name = "x", .shape = {Shape::kAny, 4}}},
                       .outputs = {{.name = "y", .shape = {Shape::kAny, 4}}},
                       .batched = true};
};

class NoSink final : public ReplySink {
 public:
  void Respond(InferResponse /*response*/) override {}
  void End(std::unique_ptr<ReplySink> /*self*/, Outcome /*outcome*/) override {}
};

ModelLine::Options Batches(BatchRules rules) {
  return {.rules = std::move(rules), .shapes = std::make_shared<ShapeBook>()};
}

// As `--slo p99=100ms` has it: how each request fared is noted.
ModelLine::Options WithGoal() {
  ModelLine::Options options = Batches({.max_rows = 8});
  options.goal = ServiceGoal{.quantile = 0.99, .latency = std::chrono::milliseconds(100)};
  options.processors = std::make_shared<Processors>(2);
  options.seen_runs = {{.size = {.rows = 1, .bytes = 16}, .took = std::chrono::microseconds(3)}};
  return options;
}

// A whole request through an idle line, on the caller's thread: what the scheduler adds to a run.
void InlineRequest(benchmark::State& state, ModelLine::Options options, int shapes = 1) {
  MemoryPool pool;
  metrics::Registry registry;
  ModelMetrics metrics(registry, {"m", 1});
  auto model = std::make_unique<NoModel>();
  const Signature signature = model->signature();
  ModelLine line({"m", 1}, signature, std::move(model), std::move(options), pool, metrics);
  std::vector<Tensor> inputs;
  for (int rows = 1; rows <= shapes; ++rows) inputs.push_back(MakeTensor(pool, DataType::kFp32, {rows, 4}));
  size_t next = 0;
  for (auto _ : state) {
    auto request = std::make_unique<InferRequest>();
    request->inputs.push_back({"x", inputs[next]});
    if (++next == inputs.size()) next = 0;
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->bytes = 16;
    request->stages.received = Clock::System().Now();
    request->reply = Reply(std::make_unique<NoSink>());
    line.Push(std::move(request));
  }
}
BENCHMARK_CAPTURE(InlineRequest, plain, Batches({.max_rows = 8}));
BENCHMARK_CAPTURE(InlineRequest, with_goal, WithGoal());
BENCHMARK_CAPTURE(InlineRequest, of_200_shapes, Batches({.max_rows = 8}), 200);
BENCHMARK_CAPTURE(InlineRequest, in_order, Batches({.max_rows = 8, .preserve_ordering = true}));

// What a goal, or a deadline, adds to a request that waits: it is predicted when it will be answered, and noted how
// that kept to it.
void Promise(benchmark::State& state) {
  LinePlanner planner({.rules = {.max_rows = 8},
                       .goal = ServiceGoal{.quantile = 0.99, .latency = std::chrono::milliseconds(100)},
                       .instances = 2});
  Processors processors(2);
  const auto member = processors.Join(1, [] {});
  for (int64_t rows = 1; rows <= 8; ++rows) {
    planner.Learn({.rows = rows, .bytes = static_cast<size_t>(rows) * 16}, rows * std::chrono::milliseconds(2));
  }
  planner.HaveWide();
  for (int i = 0; i < 4; ++i) {
    auto request = std::make_unique<InferRequest>();
    request->bytes = 16;
    planner.Push(std::move(request));
  }
  InferRequest request;
  request.bytes = 16;
  for (auto _ : state) {
    const TimePoint now = Clock::System().Now();
    request.stages.received = request.stages.queued = now;
    planner.Arrived(request, static_cast<double>(processors.at_work()), now);
    const auto expectation = planner.Expect(request, processors.Look(*member, now), now);
    benchmark::DoNotOptimize(planner.Answered(
        {.received = now, .predicted = expectation.predicted, .answered = now + std::chrono::milliseconds(5)}));
  }
  processors.Leave(*member, Clock::System().Now());
}
BENCHMARK(Promise);

void FillAndTake(benchmark::State& state, BatchRules rules) {
  BatchQueue queue(std::move(rules));
  std::vector<RequestPtr> requests;
  for (int i = 0; i < 64; ++i) requests.push_back(std::make_unique<InferRequest>());
  uint64_t priority = 0;
  for (auto _ : state) {
    for (RequestPtr& request : requests) {
      request->priority = 1 + priority++ % 3;
      queue.Push(std::move(request));
    }
    requests.clear();
    while (!queue.empty()) {
      for (RequestPtr& request : queue.TakeIfDue(TimePoint()).batch) requests.push_back(std::move(request));
    }
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK_CAPTURE(FillAndTake, plain, BatchRules{.max_rows = 8});
BENCHMARK_CAPTURE(FillAndTake, three_levels, BatchRules{.max_rows = 8, .priority_levels = 3, .default_priority = 1});

}  // namespace
}  // namespace trireme
