// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/manage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <iterator>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"
#include "protocols/torchserve/start_loads.h"
#include "protocols/torchserve/workflow_manage.h"
#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What somebody was answered, once.
class Answer {
 public:
  ManageDone done() const {
    return [promise = promise_](ManageResult result) { promise->set_value(std::move(result)); };
  }
  ManageResult Wait() { return future_.get(); }

 private:
  // Shared with the callback. A second answer would throw.
  std::shared_ptr<std::promise<ManageResult>> promise_ = std::make_shared<std::promise<ManageResult>>();
  std::future<ManageResult> future_ = promise_->get_future();
};

int CodeOf(const ManageResult& result) {
  const Failure* const failure = std::get_if<Failure>(&result);
  return failure != nullptr ? failure->code() : std::get<Managed>(result).http;
}

std::string TextOf(const ManageResult& result) {
  const Failure* const failure = std::get_if<Failure>(&result);
  return failure != nullptr ? failure->message : std::get<Managed>(result).text;
}

// An engine of fake models, with a store and a repository.
class ManageTest : public testing::Test {
 protected:
  ManageTest() {
    for (const char* file : {"a.onnx", "b.onnx"}) store_.Write(file, "good");
    store_.Write("broken.onnx", "bad");
    repository_.Write("r/1/model.onnx", "good");
    repository_.Write("r/2/model.onnx", "good");
    repository_.Write("r/config.pbtxt", "version_policy: { all {} }");
  }
  ~ManageTest() override {
    loads_.reset();
    if (control_) control_->Stop();
    lifecycle_.Close();
    close(nowhere_);
  }

  Services& Begin(bool hold = false) {
    options_.model_store = store_.path();
    options_.enable_model_api = true;
    snapshot_.emplace(options_);
    control_.emplace(ModelControl::Options{.paths = {repository_.path()},
                                           .scan = {},
                                           .mode = ModelControl::Mode::kExplicit,
                                           .poll_interval = std::chrono::milliseconds(0)},
                     lifecycle_, models_.log);
    control_->TellOfUnloads([this](const std::string& name) { WhenUnloaded(*services_, name); });
    engine_.emplace(lifecycle_, &*control_);
    services_.emplace(Services{.engine = *engine_,
                               .pool = models_.pool,
                               .codec_workers = workers_,
                               .tracer = tracer_,
                               .log = models_.log,
                               .options = options_,
                               .book = book_,
                               .workflows = workflows_,
                               .snapshot = *snapshot_,
                               .counts = counts_});
    loads_.emplace(*services_);
    EXPECT_TRUE(control_->Start().ok());
    if (hold) Hold();
    loads_->Begin();
    return *services_;
  }
  // The same, when all that is wanted at the start is there or has failed.
  Services& BeginAndWait() {
    Begin();
    while (book_.expected() > 0) std::this_thread::yield();
    return *services_;
  }

  void Post(Answer& answer, const std::string& url, RegisterRequest request = {}) {
    request.url = url;
    Register(*services_, request, Identity(), answer.done());
  }
  ManageResult Post(const std::string& url, const RegisterRequest& request = {}) {
    Answer answer;
    Post(answer, url, request);
    return answer.Wait();
  }
  void Put(Answer& answer, const std::string& model, int64_t workers, bool synchronous = false) {
    Scale(*services_, model, "", {.min_worker = workers, .max_worker = workers, .synchronous = synchronous},
          answer.done());
  }
  ManageResult Put(const std::string& model, int64_t workers, bool synchronous) {
    Answer answer;
    Put(answer, model, workers, synchronous);
    return answer.Wait();
  }
  void Delete(Answer& answer, const std::string& model, const std::string& version = "") {
    Unregister(*services_, model, version, answer.done());
  }
  ManageResult Delete(const std::string& model, const std::string& version = "") {
    Answer answer;
    Delete(answer, model, version);
    return answer.Wait();
  }
  // A workflow of two models, of these files one after the other.
  ManageResult PostWorkflow(const std::string& name, const std::string& first, const std::string& second) {
    store_.Write(name + ".war");
    services_->read_workflow = [=](const std::filesystem::path&) -> Result<WorkflowFacts> {
      WorkflowFacts facts{.name = name, .dag = {}, .nodes = {}, .leaf = 1, .remarks = {}};
      facts.nodes.push_back({.name = "a", .url = first, .file = {}, .next = {1}});
      facts.nodes.push_back({.name = "b", .url = second, .file = {}, .parents = {0}});
      return facts;
    };
    Answer answer;
    RegisterWorkflow(*services_, {.url = name + ".war"}, Identity(), answer.done());
    return answer.Wait();
  }

  Status Unload(const std::string& name) {
    std::promise<Status> promise;
    engine_->Unload(name, [&](Status status) { promise.set_value(std::move(status)); });
    return promise.get_future().get();
  }
  Status Load(const std::string& name) {
    std::promise<Status> promise;
    engine_->Load(name, {}, [&](Status status) { promise.set_value(std::move(status)); });
    return promise.get_future().get();
  }

  // The engine carries out nothing from now on, until GoOn().
  void Hold() {
    held_ = std::promise<void>();
    engine_->Unload("nobody", [until = held_.get_future().share()](const Status&) { until.wait(); });
  }
  void GoOn() { held_.set_value(); }
  // What was asked for under this name before is done.
  void WaitFor(const std::string& engine_name) { (void)Load(engine_name); }

  bool Serves(const std::string& name) { return engine_->ModelReady(name, {}).ok(); }
  int InstancesOf(const std::string& name) { return engine_->Describe(name, {}).value().config.instances; }
  std::string FileOf(const std::string& name) { return engine_->Describe(name, {}).value().file_name; }
  std::string Listed() { return List(*services_, {}, Identity()); }

  static RegisterRequest Named(const std::string& name, int64_t workers = 1, bool synchronous = true) {
    return {.model_name = name, .initial_workers = workers, .synchronous = synchronous};
  }

  const TempDir store_;
  const TempDir repository_;
  const int nowhere_ = open("/dev/null", O_WRONLY | O_CLOEXEC);
  FakeModels models_{{}, nowhere_};
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  std::optional<ModelControl> control_;
  std::optional<Engine> engine_;
  metrics::Registry registry_;
  Tracer tracer_{{}, registry_, models_.log};
  Options options_;
  ModelBook book_;
  WorkflowBook workflows_;
  std::optional<SnapshotFile> snapshot_;
  AnswerCounts counts_;
  std::optional<Services> services_;
  std::optional<StartLoads> loads_;
  std::promise<void> held_;
  ThreadPool workers_{{.name = "codec"}};
};

TEST_F(ManageTest, AModelComesAndGoes) {
  Begin();
  EXPECT_EQ(TextOf(Post("a.onnx", Named("m"))), "Model \"m\" Version: 1.0 registered with 1 initial workers");
  EXPECT_TRUE(Serves("m"));
  EXPECT_EQ(CodeOf(Post("b.onnx", Named("m"))), 409);
  EXPECT_EQ(CodeOf(Put("m", 3, true)), 200);
  EXPECT_EQ(InstancesOf("m"), 3);
  EXPECT_EQ(CodeOf(Delete("m", "2.0")), 404);
  EXPECT_EQ(CodeOf(Delete("m")), 200);
  EXPECT_FALSE(Serves("m"));
  EXPECT_EQ(CodeOf(Delete("m")), 404);
  EXPECT_EQ(CodeOf(Post("b.onnx", Named("m"))), 200) << "and comes again";
  EXPECT_EQ(FileOf("m"), "b.onnx");
}

TEST_F(ManageTest, WhoScalesWhatIsBeingUnregisteredIsToldSo) {
  BeginAndWait();
  ASSERT_EQ(CodeOf(Post("a.onnx", {.model_name = "m", .initial_workers = 1})), 200);
  {
    const auto leaving = book_.BeginToLeave("m", "");
    ASSERT_TRUE(std::holds_alternative<ModelBook::Departure>(leaving));
    const ManageResult answer = Put("m", 2, /*synchronous=*/true);
    EXPECT_EQ(CodeOf(answer), 409);
    EXPECT_EQ(TextOf(answer), "Model \"m\" is being unregistered");
  }
  EXPECT_EQ(CodeOf(Put("m", 2, /*synchronous=*/true)), 200) << "it stays after all";
  EXPECT_EQ(CodeOf(Delete("m")), 200);
  EXPECT_EQ(CodeOf(Put("m", 2, /*synchronous=*/true)), 404);
}

TEST_F(ManageTest, WhatFailsLeavesItsNameToOthers) {
  Begin();
  const ManageResult failed = Post("broken.onnx", Named("q"));
  EXPECT_EQ(CodeOf(failed), 400);
  EXPECT_EQ(std::get<Failure>(failed).type, ErrorType::kInvalidModel);
  EXPECT_THAT(book_.Models(), IsEmpty());
  repository_.Write("q/1/model.onnx", "good");
  EXPECT_TRUE(Load("q").ok());
  EXPECT_TRUE(Serves("q")) << "the repository's own";
  EXPECT_EQ(CodeOf(Post("a.onnx", Named("q"))), 409);
  EXPECT_TRUE(Serves("q"));
}

TEST_F(ManageTest, NoWorkersAfterSomeStayNone) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  Hold();
  EXPECT_EQ(CodeOf(Put("m", 2, false)), 202);
  EXPECT_EQ(CodeOf(Put("m", 0, false)), 202);
  GoOn();
  WaitFor("m");
  EXPECT_EQ(book_.VersionOf("m", "")->min_workers, 0);
  EXPECT_EQ(InstancesOf("m"), 2);
}

TEST_F(ManageTest, AScalingThatComesLateDoesNothingToWhatWasRegisteredSince) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  Hold();
  Answer scaled;
  Put(scaled, "m", 3, true);
  Answer deleted;
  Delete(deleted, "m");
  EXPECT_EQ(CodeOf(Post("b.onnx", Named("m", 1, false))), 409) << "it has not gone yet";
  GoOn();
  EXPECT_EQ(CodeOf(scaled.Wait()), 200);
  EXPECT_EQ(CodeOf(deleted.Wait()), 200);
  EXPECT_EQ(CodeOf(Post("b.onnx", Named("m", 1, false))), 202);
  WaitFor("m");
  EXPECT_EQ(book_.VersionOf("m", "")->url, "b.onnx");
  EXPECT_EQ(book_.VersionOf("m", "")->min_workers, 1);
  EXPECT_EQ(FileOf("m"), "b.onnx");
  EXPECT_EQ(InstancesOf("m"), 1);
}

TEST_F(ManageTest, WhatIsDeletedOnItsWayGoes) {
  Begin();
  Hold();
  EXPECT_EQ(CodeOf(Post("a.onnx", Named("m", 1, false))), 202);
  Answer deleted;
  Delete(deleted, "m");
  GoOn();
  EXPECT_EQ(CodeOf(deleted.Wait()), 200);
  EXPECT_FALSE(Serves("m"));
  EXPECT_THAT(book_.Models(), IsEmpty());
}

TEST_F(ManageTest, AFailureOnTheWayTakesNothingElseAlong) {
  Begin();
  Hold();
  EXPECT_EQ(CodeOf(Post("broken.onnx", Named("m", 1, false))), 202);
  Answer deleted;
  Delete(deleted, "m");
  GoOn();
  EXPECT_EQ(CodeOf(deleted.Wait()), 200);
  EXPECT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  EXPECT_TRUE(Serves("m"));
  EXPECT_THAT(book_.Models(), ElementsAre("m"));
}

TEST_F(ManageTest, WhatHasFailedIsNotScaled) {
  Begin();
  Hold();
  EXPECT_EQ(CodeOf(Post("broken.onnx", Named("m", 1, false))), 202);
  store_.Write("broken.onnx", "bad still");
  Answer scaled;
  Put(scaled, "m", 2, true);
  GoOn();
  EXPECT_EQ(TextOf(scaled.Wait()), "Model not found: m");
  EXPECT_FALSE(Serves("m"));
  EXPECT_EQ(StatusIn(*lifecycle_.table(), "m").reason, "not in the table");
}

TEST_F(ManageTest, WhatOthersUnloadIsForgotten) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  EXPECT_TRUE(Unload("m").ok());
  EXPECT_EQ(Listed(), "{\n  \"models\": []\n}\n");
  EXPECT_EQ(CodeOf(Delete("m")), 404);
  EXPECT_EQ(CodeOf(Put("m", 1, true)), 404);
  EXPECT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  EXPECT_TRUE(Serves("m"));
}

TEST_F(ManageTest, ARepositorysModelGoesAsAWhole) {
  Begin();
  ASSERT_TRUE(Load("r").ok());
  EXPECT_EQ(CodeOf(Delete("r", "999")), 404);
  EXPECT_EQ(CodeOf(Delete("r", "1")), 400);
  EXPECT_EQ(CodeOf(Delete("r", "text")), 404);
  EXPECT_TRUE(Serves("r"));
  EXPECT_EQ(CodeOf(Put("r", 2, true)), 400);
  EXPECT_EQ(CodeOf(SetDefault(*services_, "r", "3")), 404);
  EXPECT_EQ(CodeOf(SetDefault(*services_, "r", "1.0")), 200);
  EXPECT_EQ(book_.DefaultOf("r"), "1.0");
  EXPECT_EQ(CodeOf(Delete("r")), 200);
  EXPECT_FALSE(Serves("r"));
  EXPECT_EQ(book_.DefaultOf("r"), "") << "what comes again may have other versions";
}

TEST_F(ManageTest, AFurtherVersionIsNoModel) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  auto reserved = book_.Reserve("m", "2.0");
  std::promise<void> loaded;
  engine_->LoadFrom("m:2.0", store_ / "b.onnx", [&](const Status&) { loaded.set_value(); });
  loaded.get_future().wait();
  std::get<ModelBook::Reservation>(reserved).Enter(
      BookedVersion{.version = "2.0", .engine_name = {}, .url = {}, .path = {}, .min_workers = 1});
  ASSERT_TRUE(Serves("m:2.0"));
  EXPECT_EQ(CodeOf(Delete("m:2.0")), 404);
  EXPECT_EQ(CodeOf(SetDefault(*services_, "m:2.0", "1.0")), 404);
  EXPECT_TRUE(std::holds_alternative<Failure>(Describe(*services_, "m:2.0", "", false)));
  EXPECT_THAT(Listed(), testing::Not(HasSubstr("m:2.0")));
  EXPECT_TRUE(Serves("m:2.0"));
}

TEST_F(ManageTest, WhatCannotBeUnloadedStays) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m"))), 200);
  control_->Stop();
  EXPECT_EQ(CodeOf(Delete("m")), 503);
  EXPECT_TRUE(Serves("m"));
  EXPECT_TRUE(std::holds_alternative<Target>(book_.Find("m", "")));
}

TEST_F(ManageTest, ASnapshotHasWhatIsThereAndWhatFailedAtTheStart) {
  options_.snapshot = store_ / "snapshot.cfg";
  options_.snapshot_models = {{.name = "s",
                               .version = "1.0",
                               .default_version = true,
                               .mar_name = "a.onnx",
                               .min_workers = 1,
                               .engine_name = "s:1.0"},
                              {.name = "s",
                               .version = "2.0",
                               .mar_name = "b.onnx",
                               .min_workers = 0,
                               .max_workers = 7,
                               .response_timeout = std::chrono::seconds(0),
                               .startup_timeout = std::chrono::seconds(0)},
                              {.name = "f", .version = "3", .mar_name = "broken.onnx", .min_workers = 1},
                              {.name = "w", .version = "1", .mar_name = "a.onnx", .min_workers = 5000}};
  const Services& services = BeginAndWait();
  EXPECT_EQ(FileOf("s"), "b.onnx");
  EXPECT_EQ(FileOf("s:1.0"), "a.onnx");
  EXPECT_EQ(book_.DefaultOf("s"), "1.0");
  EXPECT_TRUE(engine_->Ready());
  ASSERT_TRUE(services.snapshot.Save(book_, workflows_).ok());

  std::ifstream file(options_.snapshot);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto properties = ParseProperties(text);
  ASSERT_TRUE(properties.ok());
  const auto written = ParseSnapshot(properties->back().value);
  ASSERT_TRUE(written.ok()) << written.status();
  std::vector<std::string> names;
  for (const ModelSettings& model : written->models) {
    names.push_back(model.name + "/" + model.version + "=" + model.engine_name.value_or(model.name));
  }
  EXPECT_THAT(names, ElementsAre("f/3=f", "s/1.0=s:1.0", "s/2.0=s", "w/1=w"));
  EXPECT_EQ(written->models[2].max_workers, 7);
  EXPECT_EQ(written->models[2].response_timeout, std::chrono::seconds(0));

  EXPECT_EQ(CodeOf(Delete("f")), 200) << "nobody wants it any more";
  EXPECT_EQ(CodeOf(Delete("f")), 404);
}

TEST_F(ManageTest, ASnapshotOfWhatEverMayBeAskedForIsReadBack) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  options_.default_response_timeout = std::chrono::seconds(kMost);
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", {.model_name = "d"})), 200);
  RegisterRequest most = Named("m", 1);
  most.batch_size = 1 << 20;
  most.max_batch_delay = most.response_timeout = most.startup_timeout = kMost;
  ASSERT_EQ(CodeOf(Post("a.onnx", most)), 200);
  most.max_batch_delay = kMost + 1;
  most.model_name = "n";
  EXPECT_EQ(CodeOf(Post("a.onnx", most)), 400);

  Snapshot snapshot{.name = "s", .created = {}, .models = {}};
  for (const char* model : {"d", "m"}) {
    snapshot.models.push_back(SettingsOf(model, *book_.VersionOf(model, ""), true));
    ASSERT_EQ(CodeOf(Delete(model)), 200);
  }
  const Result<Snapshot> read = ParseSnapshot(EncodeSnapshot(snapshot));
  ASSERT_TRUE(read.ok()) << read.status();
  for (const ModelSettings& settings : read->models) {
    Answer answer;
    RegisterAtStart(*services_, {.settings = settings}, answer.done());
    const ManageResult result = answer.Wait();
    EXPECT_EQ(CodeOf(result), 200) << TextOf(result);
    EXPECT_EQ(SettingsOf(settings.name, *book_.VersionOf(settings.name, ""), true), settings);
  }
}

TEST_F(ManageTest, ADownloadStaysForWhoIsAboutToUseIt) {
  Begin();
  services_->download = [&](const std::string&, bool, const auto& done) { done(store_ / "a.onnx", true); };
  options_.allowed_urls = *AllowedUrls::Parse(".*");
  services_->options.allowed_urls = options_.allowed_urls;
  ASSERT_EQ(CodeOf(Post("http://h/a.onnx", Named("m"))), 200);
  Hold();
  Answer later;
  Answer gone;
  Post(later, "a.onnx", Named("n"));
  while (!book_.Holds("n")) std::this_thread::yield();
  Delete(gone, "m");
  GoOn();
  EXPECT_EQ(CodeOf(gone.Wait()), 200);
  EXPECT_EQ(CodeOf(later.Wait()), 200);
  EXPECT_TRUE(std::filesystem::exists(store_ / "a.onnx"));
}

TEST_F(ManageTest, NothingIsReadyBeforeWhatIsWantedAtTheStartIsThere) {
  options_.load_models = {{.name = "m", .url = "a.onnx"}, {.name = "n", .url = "broken.onnx"}};
  Begin();
  while (book_.expected() > 0) {
    EXPECT_FALSE(engine_->Ready() && book_.expected() == 2);
    std::this_thread::yield();
  }
  EXPECT_TRUE(Serves("m"));
  EXPECT_TRUE(engine_->Ready());
}

TEST_F(ManageTest, ManyThatFailAtTheStartFailOneAfterTheOther) {
  for (int i = 0; i < 10'000; ++i) {
    options_.snapshot_models.push_back(
        {.name = "m" + std::to_string(i), .version = "1.0", .mar_name = "a.onnx", .min_workers = 5000});
  }
  BeginAndWait();
  EXPECT_EQ(book_.Kept().size(), 10'000U);
}

TEST_F(ManageTest, AStopEndsTheStart) {
  for (int i = 0; i < 1000; ++i) {
    options_.load_models.push_back({.name = "m" + std::to_string(i), .url = "a.onnx"});
  }
  Begin(/*hold=*/true);
  engine_->StopAccepting();
  loads_.reset();
  GoOn();
  EXPECT_GT(book_.expected(), 0U);
}

TEST_F(ManageTest, ModelsOfThePropertiesAreDefaultsBelowTheRequest) {
  options_.models = {
      {.name = "m", .version = "1.0", .min_workers = 2, .max_workers = 5, .response_timeout = std::chrono::seconds(7)}};
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", {.model_name = "m"})), 200);
  EXPECT_EQ(book_.VersionOf("m", "")->min_workers, 2);
  EXPECT_EQ(book_.VersionOf("m", "")->max_workers, 5);
  EXPECT_EQ(book_.VersionOf("m", "")->response_timeout, std::chrono::seconds(7));
  ASSERT_EQ(CodeOf(Delete("m")), 200);
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m", 1))), 200);
  EXPECT_EQ(book_.VersionOf("m", "")->min_workers, 1);
}

TEST_F(ManageTest, TheArchiveStandsBetweenTheRequestAndTheProperties) {
  options_.models = {{.name = "m",
                      .version = "2.0",
                      .min_workers = 2,
                      .batch_size = 16,
                      .response_timeout = std::chrono::seconds(7),
                      .startup_timeout = std::chrono::seconds(8)}};
  Begin();
  services_->read_archive = [](const std::filesystem::path&) -> Result<std::optional<ArchiveFacts>> {
    ArchiveFacts facts{.model_name = "m", .model_version = "2.0", .runtime = "python3"};
    facts.min_workers = 3;
    facts.response_timeout = std::chrono::seconds(9);
    return std::optional(facts);
  };
  ASSERT_EQ(CodeOf(Post("a.onnx", {.initial_workers = 1})), 200);
  const BookedVersion booked = *book_.VersionOf("m", "");
  EXPECT_EQ(booked.version, "2.0");
  EXPECT_EQ(booked.runtime, "python3");
  EXPECT_EQ(booked.min_workers, 1) << "the request";
  EXPECT_EQ(booked.response_timeout, std::chrono::seconds(9)) << "the archive";
  EXPECT_EQ(booked.startup_timeout, std::chrono::seconds(8)) << "the properties";
  EXPECT_EQ(booked.batch_size, 16);
  ASSERT_EQ(CodeOf(Delete("m")), 200);
  ASSERT_EQ(CodeOf(Post("a.onnx")), 200);
  EXPECT_EQ(book_.VersionOf("m", "")->min_workers, 3);
}

TEST_F(ManageTest, AModelIsDescribedWithItsWorkers) {
  Begin();
  ASSERT_EQ(CodeOf(Post("a.onnx", Named("m", 2))), 200);
  const auto text = [&](const std::string& version, bool customized = false) {
    const auto found = Describe(*services_, "m", version, customized);
    const Failure* const failure = std::get_if<Failure>(&found);
    return failure == nullptr ? std::get<std::string>(found) : std::to_string(failure->code()) + failure->message;
  };
  const std::string described = text("");
  for (const char* part : {"\"modelUrl\": \"a.onnx\"", "\"minWorkers\": 2", "\"id\": \"9000\"", "\"id\": \"9001\"",
                           "\"remainingCapacity\": 100", "\"pendingRequests\": 0"}) {
    EXPECT_THAT(described, HasSubstr(part));
  }
  EXPECT_EQ(text("all"), described);
  EXPECT_THAT(text("", true), HasSubstr("\"customizedMetadata\": {}"));
  EXPECT_EQ(text("2.0"), "404Model version: 2.0 does not exist for model: m");
  ASSERT_EQ(CodeOf(Put("m", 0, true)), 200);
  EXPECT_THAT(text(""), HasSubstr("\"workers\": []"));
  EXPECT_THAT(text("", true), HasSubstr("503Model \"m\" has no worker"));
}

TEST_F(ManageTest, AWorkflowHasAllOfItsModelsOrNone) {
  Begin();
  const ManageResult failed = PostWorkflow("w", "a.onnx", "broken.onnx");
  EXPECT_EQ(CodeOf(failed), 400);
  EXPECT_THAT(TextOf(failed), HasSubstr("Workflow w has failed to register. Failures: [Workflow Node b failed"));
  EXPECT_THAT(book_.Models(), IsEmpty());
  EXPECT_FALSE(Serves("w__a"));
  EXPECT_EQ(workflows_.HolderOf("w__a"), std::nullopt);

  ASSERT_EQ(CodeOf(Post("a.onnx", Named("w__b"))), 200);
  EXPECT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "a.onnx")), 409) << "the name is another's";
  EXPECT_THAT(book_.Models(), ElementsAre("w__b"));
  ASSERT_EQ(CodeOf(Delete("w__b")), 200);
  EXPECT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 200);
  EXPECT_EQ(FileOf("w__b"), "b.onnx");
}

TEST_F(ManageTest, AModelOfAWorkflowIsNobodyElses) {
  Begin();
  ASSERT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 200);
  EXPECT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 409);
  EXPECT_EQ(CodeOf(Delete("w__a")), 409);
  EXPECT_EQ(CodeOf(Post("b.onnx", Named("w__a"))), 409);
  ASSERT_TRUE(Unload("w__a").ok());
  const ManageResult refused = Post("b.onnx", Named("w__a"));
  EXPECT_EQ(TextOf(refused), "Model \"w__a\" belongs to workflow \"w\"") << "also when it is not there";
  EXPECT_THAT(book_.Models(), ElementsAre("w__b"));
}

TEST_F(ManageTest, AWorkflowGoesWithTheLastRequestThroughIt) {
  Begin();
  ASSERT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 200);
  std::shared_ptr<const Workflow> request = workflows_.Find("w");
  Answer gone;
  UnregisterWorkflow(*services_, "w", gone.done());
  EXPECT_EQ(workflows_.Find("w"), nullptr);
  EXPECT_TRUE(Serves("w__a"));
  EXPECT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 409);
  request = nullptr;
  EXPECT_EQ(TextOf(gone.Wait()), "Workflow \"w\" unregistered");
  EXPECT_FALSE(Serves("w__a"));
  EXPECT_THAT(book_.Models(), IsEmpty());
  EXPECT_EQ(CodeOf(PostWorkflow("w", "a.onnx", "b.onnx")), 200);
}

}  // namespace
}  // namespace trireme::torchserve
