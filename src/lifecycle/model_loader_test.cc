// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::HasSubstr;

class ModelLoaderTest : public testing::Test {
 protected:
  Result<LoadedModel> Load(const ModelEntry& entry) {
    return models_.loader.Load(entry, [] {});
  }
  // The message of a load that is expected to fail.
  std::string Refusal(const ModelEntry& entry) {
    const Result<LoadedModel> loaded = Load(entry);
    EXPECT_FALSE(loaded.ok());
    return loaded.ok() ? "" : loaded.status().message();
  }
  static WarmupSample Sample(const Shape& dims, int64_t rows, int count = 1) {
    return {.name = "s", .rows = rows, .inputs = {{"x", {.type = DataType::kFp32, .dims = dims}}}, .count = count};
  }

  FakeModels models_;
  ModelEntry entry_ = FakeEntry("m");
};

TEST_F(ModelLoaderTest, DecidesWhatTheConfigLeavesOpen) {
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok());
  const ServedModel& model = *loaded.value().model;
  EXPECT_EQ(model.config.instances, 2);
  EXPECT_EQ(model.config.threads, 1);
  EXPECT_GE(model.config.max_rows, 1);
  EXPECT_TRUE(model.signature.batched);
  EXPECT_EQ(model.backend, "onnx");
  EXPECT_EQ(model.platform, "fake_platform");
  EXPECT_EQ(model.file_name, "m.onnx");
  EXPECT_NE(model.labels, nullptr);
}

TEST_F(ModelLoaderTest, PassesTheRuntimesSettingsOn) {
  entry_.config.graph_optimization = -1;
  entry_.config.runtime_parameters = {{"a", "b"}};
  ASSERT_TRUE(Load(entry_).ok());
  EXPECT_EQ(models_.script->last_options().graph_optimization, -1);
  EXPECT_EQ(models_.script->last_options().runtime_parameters.at("a"), "b");
}

TEST_F(ModelLoaderTest, TriesNoMoreRowsThanARequestMayHave) {
  entry_.config.max_request_rows = 2;
  entry_.config.max_rows = 16;
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok());
  for (const int64_t rows : models_.script->runs()) EXPECT_LE(rows, 2);
  EXPECT_EQ(loaded.value().model->config.max_rows, 2);
}

TEST_F(ModelLoaderTest, TriesWhatHasNotChangedOnlyOnce) {
  entry_.config.max_rows = 4;
  ASSERT_TRUE(Load(entry_).ok());
  const size_t tried = models_.script->runs().size();
  EXPECT_GT(tried, 2);
  const auto again = Load(entry_);
  ASSERT_TRUE(again.ok());
  const std::vector<int64_t> runs = models_.script->runs();
  EXPECT_THAT(std::vector(runs.begin() + static_cast<ptrdiff_t>(tried), runs.end()), testing::ElementsAre(1, 4));
  EXPECT_TRUE(again.value().model->signature.batched);
  EXPECT_EQ(again.value().model->config.max_rows, 4);
  ++entry_.fingerprint;
  ASSERT_TRUE(Load(entry_).ok());
  EXPECT_GT(models_.script->runs().size(), runs.size() + 2);
}

TEST_F(ModelLoaderTest, TriesAnewWhatDoesNotRunAsItDid) {
  entry_.config.max_rows = 4;
  ASSERT_TRUE(Load(entry_).ok());
  models_.script->FailWhen([](int64_t rows) { return rows > 1 ? InvalidArgument("one row only") : Status(); });
  const auto again = Load(entry_);
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again.value().model->signature.batched);
  EXPECT_EQ(again.value().model->config.max_rows, 1);
}

TEST_F(ModelLoaderTest, RunsWarmUpSamplesAsOftenAsTheySay) {
  entry_.config.max_rows = 1;
  entry_.config.warmup = {Sample({4}, 5, 3)};
  ASSERT_TRUE(Load(entry_).ok());
  const std::vector<int64_t> runs = models_.script->runs();
  EXPECT_EQ(std::count(runs.begin(), runs.end(), 5), 3);
}

TEST_F(ModelLoaderTest, FailsWhenAWarmUpSampleDoes) {
  entry_.config.max_rows = 1;
  entry_.config.warmup = {Sample({4}, 5)};
  models_.script->FailWhen([](int64_t rows) { return rows == 5 ? Internal("out of memory") : Status(); });
  EXPECT_EQ(Refusal(entry_), "warm-up sample 's': out of memory");
  models_.script->FailWhen(nullptr);
  entry_.config.warmup = {Sample({3}, 1)};
  const size_t runs = models_.script->runs().size();
  EXPECT_THAT(Refusal(entry_), HasSubstr("model_warmup[0]: expected shape [-1,4], found [1,3]; put"));
  EXPECT_EQ(models_.script->runs().size(), runs);  // it was found before any
}

class SuccessorTest : public ModelLoaderTest {
 protected:
  SuccessorTest() { entry_.config.max_rows = 1; }

  // Loads it, and answers a request of so many rows.
  void LoadAndAsk(int64_t rows) {
    const auto loaded = Load(entry_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    const RecordedReply reply;
    loaded->model->line->Push(FakeRequest(models_.pool, reply, rows));
    ASSERT_TRUE(reply.Wait().status.ok());
    loaded->model->line->Close();
  }
  int64_t RunsOf(int64_t rows) const {
    const std::vector<int64_t> runs = models_.script->runs();
    return std::count(runs.begin(), runs.end(), rows);
  }
};

TEST_F(SuccessorTest, IsWarmedUpWithTheShapesThatRequestsHad) {
  LoadAndAsk(5);
  EXPECT_EQ(RunsOf(5), 1);
  entry_.id.version = 2;
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(RunsOf(5), 2);
  EXPECT_THAT(loaded->notes, testing::ElementsAre("warmed up with 1 shape of earlier requests"));
  entry_.id.name = "other";
  ASSERT_TRUE(Load(entry_).ok());
  EXPECT_EQ(RunsOf(5), 2);
}

TEST_F(SuccessorTest, IsServedThoughItTakesNoneOfThem) {
  LoadAndAsk(5);
  models_.script->FailWhen([](int64_t rows) { return rows == 5 ? InvalidArgument("no index 1") : Status(); });
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->notes,
              testing::ElementsAre("not warm with 1 shape of earlier requests: made-up input of [5,4]: no index 1"));
}

TEST_F(SuccessorTest, EndsItsWarmUpWhenTheServerStops) {
  LoadAndAsk(5);
  models_.loader.Stop();
  EXPECT_EQ(Load(entry_).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(RunsOf(5), 1);
}

TEST_F(ModelLoaderTest, RunsRecordedRequests) {
  const auto read = [](const std::string& body, const RequestTarget& target, MemoryPool& pool) {
    EXPECT_TRUE(target.signature.batched);
    EXPECT_EQ(target.max_request_rows, 8);
    if (body != "seven") return Result<RunnableRequest>(InvalidArgument("inputs: expected an array, found none"));
    return Result<RunnableRequest>({.inputs = {MakeTensor(pool, DataType::kFp32, {7, 4})}, .outputs = {0}});
  };
  models_.loader.ReadRequestsWith(read);
  const TempDir folder;
  folder.Write("warmup/a.json", "seven");
  entry_.folder = folder.path();
  entry_.config.max_request_rows = 8;
  entry_.config.warmup = {Sample({4}, 5)};
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(models_.script->runs(), testing::IsSupersetOf({5, 7}));
  EXPECT_THAT(loaded->notes, testing::Contains("warmed up with 1 sample of model_warmup, 1 recorded request"));
  folder.Write("warmup/b.json", "none");
  EXPECT_EQ(Refusal(entry_), "recorded request 'warmup/b.json': inputs: expected an array, found none");
}

TEST_F(ModelLoaderTest, CountsRowsOfADeclaredBatchThatNobodyShares) {
  entry_.declared.max_batch_size = 8;
  entry_.config.max_request_rows = 8;
  entry_.config.max_rows = 1;
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded.value().model->signature.batched);
  EXPECT_EQ(loaded.value().model->config.max_rows, 1);
}

TEST_F(ModelLoaderTest, RefusesADeclarationThatContradictsTheModel) {
  entry_.declared.file = "/models/config.pbtxt";
  entry_.declared.inputs = {{.name = "x", .type = DataType::kInt32}};
  entry_.declared.outputs = {{.name = "nobody"}};
  const std::string refusal = Refusal(entry_);
  EXPECT_THAT(refusal, HasSubstr("INT32"));
  EXPECT_THAT(refusal, HasSubstr("nobody"));
}

TEST_F(ModelLoaderTest, ReadsLabels) {
  const TempDir folder;
  folder.Write("labels.txt", "cat\ndog\nbird\nfish\n");
  entry_.folder = folder.path();
  entry_.declared.file = folder / "config.pbtxt";
  DeclaredTensor output{.name = "y"};
  output.label_file = "labels.txt";
  entry_.declared.outputs = {output};
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded.value().model->labels->at("y").at(1), "dog");
  entry_.declared.outputs.front().label_file = "missing.txt";
  EXPECT_THAT(Refusal(entry_), HasSubstr("missing.txt"));
}

TEST(DecideThreads, FillsInWhatIsOpen) {
  const auto decide = [](int instances, int threads) {
    const ModelConfig config = DecideThreads({.instances = instances, .threads = threads}, 8);
    return std::pair(config.instances, config.threads);
  };
  EXPECT_EQ(decide(0, 0), std::pair(8, 1));
  EXPECT_EQ(decide(2, 0), std::pair(2, 4));
  EXPECT_EQ(decide(0, 8), std::pair(1, 8));
  EXPECT_EQ(decide(0, 16), std::pair(1, 8));
  EXPECT_EQ(decide(3, 5), std::pair(3, 5));
  EXPECT_EQ(decide(100'000, 1024), std::pair(8 * 32, 8));
}

TEST(DecideThreads, AGpuHasTwoRunsAtATimeHoweverManyProcessorsThereAre) {
  const Device first = {.kind = DeviceKind::kCuda, .index = 0};
  const Device second = {.kind = DeviceKind::kCuda, .index = 1};
  EXPECT_EQ(DecideThreads({.devices = {first}}, 16).instances, 2);
  EXPECT_EQ(DecideThreads({.devices = {first}}, 16).threads, 1);
  EXPECT_EQ(DecideThreads({.devices = {first, second}}, 16).instances, 4);
  EXPECT_EQ(DecideThreads({.devices = {first}, .instances = 5}, 16).instances, 5);
}

class DecoupledLoaderTest : public testing::Test {
 protected:
  Result<LoadedModel> Load(const ModelEntry& entry) {
    return models_.loader.Load(entry, [] {});
  }
  FakeModels models_{{.decoupled = true}};
  ModelEntry entry_ = FakeEntry("m");
};

TEST_F(DecoupledLoaderTest, ServesADecoupledModelAsOneWhateverItsConfigSays) {
  entry_.config.max_rows = 8;
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const ServedModel& model = *loaded->model;
  EXPECT_TRUE(model.config.decoupled);
  EXPECT_EQ(model.config.max_rows, 1);
  EXPECT_TRUE(model.line->options().decoupled);
  EXPECT_THAT(loaded->notes, testing::Contains(HasSubstr("run alone")));
  EXPECT_TRUE(models_.script->runs().empty()) << "how long it would go on nobody knows";
}

TEST_F(DecoupledLoaderTest, WarmsItUp) {
  entry_.config.warmup = {
      {.name = "s", .rows = 2, .inputs = {{"x", {.type = DataType::kFp32, .dims = Shape{4}}}}, .count = 3}};
  ASSERT_TRUE(Load(entry_).ok());
  EXPECT_EQ(models_.script->runs(), (std::vector<int64_t>{2, 2, 2}));
  models_.script->FailAfter(1, Internal("out of tokens"));
  EXPECT_EQ(Load(entry_).status().message(), "warm-up sample 's': out of tokens");
}

TEST_F(DecoupledLoaderTest, RefusesToKeepTheOrderOfAnswers) {
  entry_.config.preserve_ordering = true;
  const auto loaded = Load(entry_);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(loaded.status().message(), HasSubstr("preserve_ordering: expected false, as the model is decoupled"));
}

TEST(StatefulLoaderTest, RunsNothingThatTheOwnerHasNotPutThere) {
  FakeModels models({.keeps_state = true});
  ModelEntry entry = FakeEntry("m");
  entry.config.max_rows = 8;
  const auto loaded = models.loader.Load(entry, [] {});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(models.script->runs().empty());
  EXPECT_EQ(loaded->model->config.max_rows, 1) << "what two requests in one run would keep nobody knows";
  entry.config.warmup = {
      {.name = "s", .rows = 1, .inputs = {{"x", {.type = DataType::kFp32, .dims = Shape{4}}}}, .count = 2}};
  ++entry.fingerprint;
  ASSERT_TRUE(models.loader.Load(entry, [] {}).ok());
  EXPECT_EQ(models.script->runs().size(), 2U);
}

TEST(StatefulLoaderTest, RunsOnOneInstanceAndSaysWhy) {
  FakeModels models({.keeps_state = true});
  ModelEntry entry = FakeEntry("m");
  entry.config.instances = 2;
  entry.config.threads = 1;
  const auto loaded = models.loader.Load(entry, [] {});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->model->config.instances, 1);
  EXPECT_EQ(loaded->model->line->instances(), 1U);
  EXPECT_THAT(loaded->notes, testing::Contains(HasSubstr("1 instance instead of 2: the model keeps state")));
}

TEST(StatefulLoaderTest, GivesItsInstanceTheProcessorsOfAll) {
  const auto threads = [](int instances, int threads_each, size_t devices) {
    ModelConfig config;
    config.instances = instances;
    config.threads = threads_each;
    config.devices = {Device()};
    if (devices == 2) config.devices.push_back(Device{.kind = DeviceKind::kCuda});
    config = DecideInstancesOfKept(std::move(config), 4);
    EXPECT_EQ(config.instances, static_cast<int>(devices));
    return config.threads;
  };
  EXPECT_EQ(threads(4, 1, 1), 4);
  EXPECT_EQ(threads(1, 1, 1), 1) << "as little as was asked for";
  EXPECT_EQ(threads(1, 3, 1), 3);
  EXPECT_EQ(threads(64, 1, 1), 4) << "no more than there are";
  EXPECT_EQ(threads(4, 1, 2), 2);
}

TEST_F(ModelLoaderTest, SaysWhyARunHasNoMoreRows) {
  entry_.config.max_rows = 4;
  EXPECT_EQ(Load(entry_)->model->why_no_more_rows, "as it was set");
  entry_.config.decoupled = true;
  EXPECT_EQ(Load(entry_)->model->why_no_more_rows, "the model is decoupled");
}

TEST_F(ModelLoaderTest, WarnsOfAGoalThatNoRunCanKeep) {
  entry_.config.goal = {.quantile = 0.99, .latency = Duration(1)};
  const auto short_goal = Load(entry_);
  ASSERT_TRUE(short_goal.ok()) << short_goal.status();
  EXPECT_THAT(short_goal->warnings, testing::ElementsAre(HasSubstr("cannot be kept: a run of one row takes ")));
  EXPECT_THAT(short_goal->notes, testing::IsEmpty());
  entry_.config.goal->latency = std::chrono::hours(1);
  EXPECT_THAT(Load(entry_)->warnings, testing::IsEmpty());
  entry_.config.goal.reset();
  EXPECT_THAT(Load(entry_)->warnings, testing::IsEmpty());
}

// How long its next run takes nobody knows: the thread that reads requests must not wait for it.
TEST(LoopingLoaderTest, RunsOnItsInstancesAlone) {
  FakeModels models({.has_loop = true});
  const auto loaded = models.loader.Load(FakeEntry("m"), [] {});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_FALSE(loaded->model->config.run_inline);
}

TEST_F(ModelLoaderTest, ServesAnyModelAsADecoupledOneThatIsDeclaredSo) {
  entry_.config.decoupled = true;
  entry_.config.max_rows = 8;
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE(loaded->model->config.decoupled);
  EXPECT_EQ(loaded->model->config.max_rows, 1);
  EXPECT_FALSE(models_.script->runs().empty()) << "it can be tried like any other";
}

// Takes any model that has no file.
class WithoutFileBackend final : public Backend {
 public:
  explicit WithoutFileBackend(std::shared_ptr<FakeScript> script) : script_(std::move(script)) {}
  std::string_view name() const override { return "any"; }
  std::string_view platform() const override { return "any_platform"; }
  std::string runtime_version() const override { return "1"; }
  Probe Inspect(const std::filesystem::path& /*path*/) const override { return {}; }
  Result<Opened> Open(const ModelSource& source, const OpenOptions& /*options*/) override {
    declared = source.declared;
    return Opened(MakeFakeModel(script_));
  }
  Result<ModelFacts> Describe(const ModelSource& /*source*/, const OpenOptions& /*options*/) override {
    return Unsupported("not needed");
  }

  Signature declared;  // of the last one

 private:
  const std::shared_ptr<FakeScript> script_;  // shared with the test
};

TEST_F(ModelLoaderTest, TellsABackendWhatAConfigDeclaresIfThereIsNoFile) {
  auto made = std::make_unique<WithoutFileBackend>(models_.script);
  WithoutFileBackend& backend = *made;
  models_.backends.Add(std::move(made));
  entry_.backend = "any";
  entry_.path = "/models/m/1";
  entry_.declared.inputs = {{.name = "x", .type = DataType::kFp32, .dims = Shape{Shape::kAny, 4}}};
  entry_.declared.outputs = {{.name = "y", .type = DataType::kFp32, .dims = Shape{Shape::kAny, 4}}};
  const auto loaded = Load(entry_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->model->platform, "any_platform");
  EXPECT_EQ(loaded->model->file_name, "");
  EXPECT_EQ(backend.declared.inputs.at(0).shape, (Shape{Shape::kAny, 4}));
  EXPECT_EQ(backend.declared.outputs.at(0).type, DataType::kFp32);
  entry_.declared.outputs[0].type.reset();
  EXPECT_THAT(Refusal(entry_), HasSubstr("output \"y\": expected data_type and dims in config.pbtxt"));
  entry_.declared.outputs.clear();
  EXPECT_THAT(Refusal(entry_), HasSubstr("expected an output in config.pbtxt"));
}

}  // namespace
}  // namespace trireme
