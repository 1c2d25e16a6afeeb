// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/model_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <future>
#include <optional>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;
using Mode = ModelControl::Mode;
using testing::HasSubstr;

// Of a version whose model.onnx is "good".
constexpr const char* kManifestOfGood =
    "770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c  model.onnx\n";

// What a load or unload was answered.
class Answer {
 public:
  ModelControl::Done done() const {
    return [promise = promise_](Status status) { promise->set_value(std::move(status)); };
  }
  Status Wait() { return future_.get(); }
  bool arrived() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

 private:
  // Shared with the callback. A second answer would throw.
  std::shared_ptr<std::promise<Status>> promise_ = std::make_shared<std::promise<Status>>();
  std::future<Status> future_ = promise_->get_future();
};

// For as long as it lives no file and no folder can be opened.
class NoFiles {
 public:
  NoFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoFiles() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoFiles(const NoFiles&) = delete;
  NoFiles& operator=(const NoFiles&) = delete;

 private:
  rlimit before_{};
};

class ModelControlTest : public testing::Test {
 protected:
  // Looks at nothing by itself: the hands are turned by LookNow().
  ModelControl& Begin(Mode mode, std::vector<std::string> load_models = {}) {
    EXPECT_TRUE(TryToBegin(mode, std::move(load_models)).ok());
    lifecycle_.WaitUntilSettled();
    return *control_;
  }
  Status TryToBegin(Mode mode, std::vector<std::string> load_models) {
    control_.emplace(ModelControl::Options{.paths = paths_,
                                           .scan = {},
                                           .mode = mode,
                                           .poll_interval = std::chrono::milliseconds(0),
                                           .load_models = std::move(load_models)},
                     lifecycle_, models_.log);
    return control_->Start();
  }
  void Look(int times = 1) {
    for (int i = 0; i < times; ++i) control_->LookNow();
    lifecycle_.WaitUntilSettled();
  }
  void Write(const std::string& name, const std::string& contents = "good", const std::string& config = "") {
    folder_.Write(fs::path(name) / "1" / "model.onnx", contents);
    if (!config.empty()) folder_.Write(fs::path(name) / "config.pbtxt", config);
  }
  Status Load(const std::string& name, LoadOverride instead = {}) {
    Answer answer;
    control_->Load(name, std::move(instead), answer.done());
    return answer.Wait();
  }
  Status Unload(const std::string& name) {
    Answer answer;
    control_->Unload(name, answer.done());
    return answer.Wait();
  }
  Status LoadFrom(const std::string& name, const fs::path& from, const LoadWish& wish = {}) {
    Answer answer;
    control_->LoadFrom(name, folder_.path() / from, wish, answer.done());
    return answer.Wait();
  }
  bool Serves(const std::string& name) { return lifecycle_.table()->Find(name, std::nullopt).ok(); }
  ModelStatus StatusOf(const std::string& name, int64_t version = 1) {
    return StatusIn(*lifecycle_.table(), name, version);
  }
  std::vector<std::string> NamesInTable() {
    std::vector<std::string> names;
    for (const ModelStatus& status : lifecycle_.table()->statuses) names.push_back(status.id.name);
    return names;
  }
  const ServedModel* Find(const std::string& name) {
    return lifecycle_.table()->Find(name, std::nullopt).value().get();
  }

  const TempDir folder_;
  std::vector<fs::path> paths_ = {folder_.path()};
  FakeModels models_;
  FakeScript& script_ = *models_.script;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
  std::optional<ModelControl> control_;
};

TEST_F(ModelControlTest, ServesWhatLiesInTheRepository) {
  Write("a");
  Begin(Mode::kWatch);
  EXPECT_TRUE(Serves("a"));
}

TEST_F(ModelControlTest, LoadsWhatComesWhenTwoLooksHaveSeenIt) {
  Write("a");
  Begin(Mode::kWatch);
  Write("b");
  Look();
  EXPECT_FALSE(Serves("b"));
  Look();
  EXPECT_TRUE(Serves("b"));
}

TEST_F(ModelControlTest, DoesNotLoadWhatIsStillBeingCopied) {
  Write("a");
  Begin(Mode::kWatch);
  for (const std::string part : {"1", "12", "123"}) {
    Write("b", part);
    Look();
  }
  EXPECT_EQ(script_.opens(), 1);
  Look();
  EXPECT_TRUE(Serves("b"));
  EXPECT_EQ(script_.opens(), 2);
}

TEST_F(ModelControlTest, ReloadsWhatChangesAndKeepsItWhenThatFails) {
  Write("a");
  Begin(Mode::kWatch);
  const ServedModel* first = Find("a");
  Write("a", "good, but longer");
  Look(2);
  const ServedModel* second = Find("a");
  EXPECT_NE(second, first);
  Write("a", "bad");
  Look(3);
  EXPECT_EQ(Find("a"), second);
  EXPECT_THAT(StatusOf("a").reason, HasSubstr("reload failed"));
  EXPECT_EQ(script_.opens(), 3);
}

TEST_F(ModelControlTest, RetiresWhatGoes) {
  Write("a");
  Write("b");
  Begin(Mode::kWatch);
  fs::remove_all(folder_ / "a");
  Look(2);
  EXPECT_FALSE(Serves("a"));
  EXPECT_TRUE(Serves("b"));
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
}

TEST_F(ModelControlTest, KeepsWhatServesWhileNoFolderCanBeRead) {
  Write("a");
  Write("7");
  Begin(Mode::kWatch);
  const ServedModel* before = Find("a");
  {
    const NoFiles no_files;
    Look(3);
    EXPECT_EQ(Find("a"), before);
    EXPECT_TRUE(Serves("7"));
    EXPECT_THAT(StatusOf(folder_.path().filename(), 0).reason, HasSubstr("go on"));
  }
  Write("b");
  Look(2);
  EXPECT_EQ(Find("a"), before);
  EXPECT_TRUE(Serves("b"));
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 3U) << "nothing is wrong any more";
}

TEST_F(ModelControlTest, KeepsWhatServesWhileItsRepositoryIsAway) {
  Write("root/a");
  Write("other/b");
  paths_ = {folder_ / "root", folder_ / "other"};
  Begin(Mode::kWatch);
  const ServedModel* before = Find("a");
  fs::rename(folder_ / "root", folder_ / "away");
  Write("other/c");
  Look(3);
  EXPECT_EQ(Find("a"), before);
  EXPECT_TRUE(Serves("c")) << "the other repository goes on";
  folder_.MakeFolder("root");
  Look(3);
  EXPECT_EQ(Find("a"), before) << "an empty folder in its place, as after an unmount";
  fs::remove(folder_ / "root");
  fs::rename(folder_ / "away", folder_ / "root");
  Write("root/a", "good, but longer");
  Look(3);
  EXPECT_NE(Find("a"), before);
}

TEST_F(ModelControlTest, RetiresEverythingWhenTheRepositoryIsEmptied) {
  Write("a");
  Write("b");
  Begin(Mode::kWatch);
  fs::remove_all(folder_ / "a");
  fs::remove_all(folder_ / "b");
  Look(2);
  EXPECT_FALSE(Serves("a"));
  EXPECT_FALSE(Serves("b"));
  EXPECT_THAT(NamesInTable(), testing::Not(testing::Contains(folder_.path().filename())))
      << "the repository itself is no model";
  Write("c");
  Look(2);
  EXPECT_TRUE(Serves("c"));
}

TEST_F(ModelControlTest, ListsARepositoryThatNeverHadAnything) {
  Begin(Mode::kWatch);
  Look(2);
  EXPECT_THAT(StatusOf(folder_.path().filename(), 0).reason, HasSubstr("no model in folder"));
}

TEST_F(ModelControlTest, RemembersNamesWhileTheirRepositoryIsAway) {
  Write("a");
  Begin(Mode::kExplicit);
  {
    const NoFiles no_files;
    Look(2);
  }
  EXPECT_EQ(StatusOf("a", 0).reason, "") << "it is listed by its name alone";
}

TEST_F(ModelControlTest, DoesNotLookAgainIfNotAsked) {
  Write("a");
  Begin(Mode::kNone);
  Write("b");
  Look(2);
  EXPECT_FALSE(Serves("b"));
}

TEST_F(ModelControlTest, LoadsNothingByNameUnlessThatWasAllowed) {
  Write("a");
  Begin(Mode::kWatch);
  EXPECT_EQ(Load("a").code(), StatusCode::kUnavailable);
  EXPECT_EQ(Unload("a").code(), StatusCode::kUnavailable);
  EXPECT_THAT(Load("a").message(), HasSubstr("--model-control-mode explicit"));
}

TEST_F(ModelControlTest, LoadsAtTheStartOnlyWhatWasNamed) {
  Write("a");
  Write("b");
  Begin(Mode::kExplicit, {"b"});
  EXPECT_FALSE(Serves("a"));
  EXPECT_TRUE(Serves("b"));
  EXPECT_TRUE(lifecycle_.started());
  EXPECT_EQ(StatusOf("a", 0).reason, "") << "it is listed by its name alone";
}

TEST_F(ModelControlTest, LoadsEverythingAtTheStartForAStar) {
  Write("a");
  Write("b");
  Begin(Mode::kExplicit, {"*"});
  EXPECT_TRUE(Serves("a"));
  EXPECT_TRUE(Serves("b"));
}

TEST_F(ModelControlTest, ANameThatIsNowhereStopsNoOther) {
  Write("a");
  Begin(Mode::kExplicit, {"a", "zebra"});
  EXPECT_TRUE(Serves("a"));
  EXPECT_EQ(StatusOf("zebra", 0).state, ModelState::kFailed);
  EXPECT_EQ(StatusOf("zebra", 0).reason, "--load-model zebra: expected one of 'a', found no such model");
}

TEST_F(ModelControlTest, IsReadyWithoutModelsIfNoneWasNamed) {
  Begin(Mode::kExplicit);
  EXPECT_TRUE(lifecycle_.started());
  EXPECT_TRUE(lifecycle_.table()->statuses.empty());
}

TEST_F(ModelControlTest, LoadsAndUnloadsByName) {
  Write("a");
  Begin(Mode::kExplicit);
  EXPECT_TRUE(Load("a").ok());
  EXPECT_TRUE(Serves("a"));
  EXPECT_TRUE(Unload("a").ok());
  EXPECT_FALSE(Serves("a"));
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(StatusOf("a").reason, "unloaded");
  EXPECT_EQ(script_.open_models(), 0);
  EXPECT_TRUE(Load("a").ok());
  EXPECT_TRUE(Serves("a"));
}

TEST_F(ModelControlTest, LeavesAloneWhatIsLoadedAndUnchanged) {
  Write("a");
  Begin(Mode::kExplicit, {"a"});
  EXPECT_TRUE(Load("a").ok());
  EXPECT_EQ(script_.opens(), 1);
  Write("a", "good, but longer");
  Look(2);
  EXPECT_EQ(script_.opens(), 1);
  EXPECT_TRUE(Load("a").ok());
  EXPECT_EQ(script_.opens(), 2);
}

TEST_F(ModelControlTest, TriesAgainWhatFailed) {
  Write("a", "bad");
  Begin(Mode::kExplicit);
  const Status status = Load("a");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("load failed for model 'a': version 1: "));
  EXPECT_FALSE(Load("a").ok());
  EXPECT_EQ(script_.opens(), 2);
}

TEST_F(ModelControlTest, KnowsNoModelThatIsNowhere) {
  Write("a");
  Begin(Mode::kExplicit);
  EXPECT_EQ(Load("zebra").code(), StatusCode::kNotFound);
  EXPECT_EQ(Unload("zebra").code(), StatusCode::kNotFound);
  EXPECT_TRUE(Unload("a").ok()) << "it was not loaded, which is what was asked for";
}

TEST_F(ModelControlTest, FindsWhatCameAfterTheStart) {
  Write("a");
  Begin(Mode::kExplicit);
  Write("late");
  EXPECT_TRUE(Load("late").ok());
  Write("later");
  Look();
  EXPECT_EQ(StatusOf("later", 0).state, ModelState::kRetired);
}

TEST_F(ModelControlTest, AnOverrideLastsUntilTheNextLoad) {
  Write("a");
  Begin(Mode::kExplicit, {"a"});
  const LoadOverride instead{.config_json = R"({"max_batch_size": 3})", .files = {}};
  ASSERT_TRUE(Load("a", instead).ok());
  EXPECT_EQ(Find("a")->config.max_request_rows, 3);
  ASSERT_TRUE(Load("a").ok());
  EXPECT_EQ(Find("a")->config.max_request_rows, 0);
}

TEST_F(ModelControlTest, AnOverrideThatIsNotValidChangesNothing) {
  Write("a");
  Begin(Mode::kExplicit, {"a"});
  const ServedModel* before = Find("a");
  const Status status = Load("a", {.config_json = "{", .files = {}});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Find("a"), before);
  EXPECT_EQ(StatusOf("a").reason, "");
}

TEST_F(ModelControlTest, ServesFilesThatWereSentAndRemovesThemAfterwards) {
  const TempDir temporary;
  const char* before = getenv("TMPDIR");
  const std::string restore = before == nullptr ? "" : before;
  setenv("TMPDIR", temporary.path().c_str(), 1);
  Write("a");
  Begin(Mode::kExplicit);
  const LoadOverride instead{.config_json = "{}", .files = {{"1/model.onnx", "good"}}};
  ASSERT_TRUE(Load("sent", instead).ok());
  EXPECT_TRUE(Serves("sent"));
  EXPECT_FALSE(fs::is_empty(temporary.path()));
  EXPECT_FALSE(Load("other", {.config_json = "{}", .files = {{"1/model.onnx", "bad"}}}).ok());
  EXPECT_TRUE(Unload("sent").ok());
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(fs::is_empty(temporary.path()));
  restore.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", restore.c_str(), 1);
}

TEST_F(ModelControlTest, DoesNotMakeOneNameWaitForAnother) {
  Write("a");
  Write("b");
  Begin(Mode::kExplicit);
  script_.Hold();
  Answer a;
  Answer b;
  control_->Load("a", {}, a.done());
  control_->Load("b", {}, b.done());
  script_.WaitUntilHeld(2);
  script_.Release();
  EXPECT_TRUE(a.Wait().ok());
  EXPECT_TRUE(b.Wait().ok());
}

TEST_F(ModelControlTest, DoesOneAfterAnotherForTheSameName) {
  Write("a");
  Begin(Mode::kExplicit);
  script_.Hold();
  Answer load;
  Answer unload;
  Answer load_again;
  control_->Load("a", {}, load.done());
  control_->Unload("a", unload.done());
  control_->Load("a", {}, load_again.done());
  script_.WaitUntilHeld(1);
  EXPECT_FALSE(load.arrived());
  EXPECT_FALSE(unload.arrived());
  script_.Release();
  EXPECT_TRUE(load.Wait().ok());
  EXPECT_TRUE(unload.Wait().ok());
  EXPECT_TRUE(load_again.Wait().ok());
  EXPECT_TRUE(Serves("a"));
  EXPECT_EQ(script_.opens(), 2);
}

TEST_F(ModelControlTest, UnloadIsAnsweredWhileRequestsThatWereAcceptedGoOn) {
  Write("a");
  Begin(Mode::kExplicit, {"a"});
  script_.Hold();
  const RecordedReply reply;
  lifecycle_.table()->Find("a", std::nullopt).value()->line->Push(FakeRequest(models_.pool, reply));
  script_.WaitUntilHeld(1);
  EXPECT_TRUE(Unload("a").ok());
  EXPECT_FALSE(Serves("a"));
  EXPECT_FALSE(reply.finished());
  script_.Release();
  EXPECT_TRUE(reply.Wait().status.ok());
}

TEST_F(ModelControlTest, AnswersEverybodyWhenItStops) {
  Write("a");
  Begin(Mode::kExplicit);
  script_.Hold();
  Answer under_way;
  Answer waiting;
  Answer late;
  control_->Load("a", {}, under_way.done());
  script_.WaitUntilHeld(1);
  control_->Unload("a", waiting.done());
  control_->Stop();
  control_->Load("a", {}, late.done());
  EXPECT_EQ(waiting.Wait().code(), StatusCode::kUnavailable);
  EXPECT_EQ(late.Wait().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(under_way.arrived());
  control_.reset();
  lifecycle_.Close();
  EXPECT_EQ(under_way.Wait().code(), StatusCode::kUnavailable);
  script_.Release();
}

// With eyes of its own, which wait for what the kernel tells: without that it would look once an hour.
class WatchingControlTest : public ModelControlTest {
 protected:
  WatchingControlTest() { paths_ = {folder_.MakeFolder("models")}; }
  void BeginToWatch(Mode mode = Mode::kWatch) {
    control_.emplace(ModelControl::Options{.paths = paths_,
                                           .scan = {},
                                           .mode = mode,
                                           .poll_interval = std::chrono::hours(1),
                                           .settle_interval = std::chrono::milliseconds(1),
                                           .tells_of_all_changes = [](const fs::path&) { return true; },
                                           .load_models = {}},
                     lifecycle_, models_.log);
    EXPECT_TRUE(control_->Start().ok());
    lifecycle_.WaitUntilSettled();
  }
  // Under a name that no scan looks at, and then moved into place. Each has weights of its own.
  void Publish(const std::string& name, const std::string& contents = "good") {
    folder_.Write(fs::path("staging") / name / "1/model.onnx", contents + " " + name);
    fs::remove_all(folder_ / "models" / name);
    fs::rename(folder_ / "staging" / name, folder_ / "models" / name);
  }
  // Returns when a model that was published has been loaded as far as to its first run.
  void WaitForALoad() {
    script_.WaitUntilHeld(1);
    script_.Release();
    lifecycle_.WaitUntilSettled();
    script_.Hold();
  }
};

TEST_F(WatchingControlTest, LoadsWhatIsPublished) {
  Publish("a");
  BeginToWatch();
  script_.Hold();
  Publish("b");
  WaitForALoad();
  EXPECT_TRUE(Serves("b"));
  Publish("a", "better");
  WaitForALoad();
  EXPECT_TRUE(Serves("a"));
  EXPECT_EQ(script_.opens(), 3);
  script_.Release();
}

TEST_F(WatchingControlTest, LoadsNothingWhileItIsBeingWritten) {
  Publish("a");
  BeginToWatch();
  script_.Hold();
  {
    std::ofstream writer(folder_ / "models/a/1/model.onnx");
    writer << "good, but not wh" << std::flush;
    for (const std::string other : {"b", "c", "d"}) {
      Publish(other);
      WaitForALoad();
      EXPECT_TRUE(Serves(other));
    }
    EXPECT_EQ(script_.opens(), 4) << "each of them once";
    writer << "ole";
  }
  WaitForALoad();
  EXPECT_EQ(script_.opens(), 5);
  script_.Release();
}

TEST_F(WatchingControlTest, LoadsWhatIsCopiedIntoPlace) {
  BeginToWatch();
  script_.Hold();
  folder_.Write("models/a/1/model.onnx", "good");
  WaitForALoad();
  EXPECT_TRUE(Serves("a"));
  script_.Release();
}

TEST_F(ModelControlTest, ServesTheOldVersionUntilTheNewOneIsWhole) {
  Write("m");
  Begin(Mode::kWatch);
  folder_.Write("m/2/SHA256SUMS", kManifestOfGood);
  folder_.Write("m/2/model.onnx", "goo");
  Look(3);
  EXPECT_EQ(Find("m")->id.version, 1);
  EXPECT_EQ(StatusOf("m", 1).reason, "");
  EXPECT_EQ(StatusOf("m", 2).state, ModelState::kFailed);
  EXPECT_THAT(StatusOf("m", 2).reason, HasSubstr("found one with"));
  fs::remove(folder_ / "m/2/model.onnx");
  Look(2);
  EXPECT_EQ(StatusOf("m", 2).state, ModelState::kFound);
  EXPECT_THAT(StatusOf("m", 2).reason, HasSubstr("found no such file"));
  folder_.Write("m/2/model.onnx", "good");
  Look(2);
  EXPECT_EQ(Find("m")->id.version, 2);
}

TEST_F(ModelControlTest, AVersionThatIsSpoiledWhileItServesGoesOn) {
  Write("m");
  folder_.Write("m/2/model.onnx", "good");
  folder_.Write("m/2/SHA256SUMS", kManifestOfGood);
  Begin(Mode::kWatch);
  folder_.Write("m/2/model.onnx", "spoiled");
  Look(3);
  EXPECT_EQ(Find("m")->id.version, 2);
  EXPECT_THAT(StatusOf("m", 2).reason, HasSubstr("found one with"));
  folder_.Write("m/2/model.onnx", "good");
  Look(3);
  EXPECT_EQ(Find("m")->id.version, 2);
  EXPECT_EQ(StatusOf("m", 2).reason, "");
}

TEST_F(WatchingControlTest, LoadsWhatIsWholeByItsManifestWhateverElseIsWritten) {
  Publish("a");
  BeginToWatch();
  script_.Hold();
  folder_.Write("models/b/1/SHA256SUMS", kManifestOfGood);
  std::ofstream log(folder_ / "models/b/1/notes.txt");
  log << "for as long as it likes" << std::flush;
  folder_.Write("models/b/1/model.onnx", "good");
  WaitForALoad();
  EXPECT_TRUE(Serves("b"));
  script_.Release();
}

// With nobody who tells of a change, and an hour until the next look.
TEST_F(WatchingControlTest, LooksAtOnceWhenALoadThatSomebodyWaitsForFails) {
  Publish("a");
  Lifecycle lazy({.memory = {.on_demand = true, .lazy = true}}, models_.loader, models_.log);
  ModelControl control({.paths = paths_,
                        .scan = {},
                        .poll_interval = std::chrono::hours(1),
                        .settle_interval = std::chrono::milliseconds(1),
                        .tells_of_all_changes = [](const fs::path&) { return true; },
                        .load_models = {}},
                       lazy, models_.log);
  ASSERT_TRUE(control.Start().ok());
  script_.FailOpensWith(NotFound("its files are gone"));
  Answer answer;
  lazy.WhenLoaded("a", {}, kNever, answer.done());
  EXPECT_THAT(answer.Wait().message(), HasSubstr("its files are gone"));
}

TEST_F(WatchingControlTest, StopsWhileItWaits) {
  BeginToWatch();
  control_->Stop();
}

TEST_F(ModelControlTest, WhatIsLoadedFromOutsideIsRunAsItIsWished) {
  Write("store/a");
  paths_.clear();
  Begin(Mode::kExplicit);
  ASSERT_TRUE(
      LoadFrom("m", "store/a", {.instances = 2, .max_rows = 3, .max_delay = std::chrono::milliseconds(4)}).ok());
  EXPECT_EQ(Find("m")->config.instances, 2);
  EXPECT_EQ(Find("m")->config.max_delay, std::chrono::milliseconds(4));
  EXPECT_EQ(LoadFrom("m", "store/a").code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(LoadFrom("short", "store/a", {.max_waiting_requests = 7}).ok());
  EXPECT_EQ(Find("short")->config.max_waiting_requests, 7U);
}

TEST_F(ModelControlTest, WhatIsLoadedFromOutsideMayBeReplaced) {
  Write("store/a");
  paths_.clear();
  Begin(Mode::kExplicit);
  ASSERT_TRUE(LoadFrom("m", "store/a", {.instances = 1}).ok());
  ASSERT_TRUE(LoadFrom("m", "store/a", {.instances = 3, .replaces = true}).ok());
  EXPECT_EQ(Find("m")->config.instances, 3);
  Write("store/a", "bad");
  EXPECT_FALSE(LoadFrom("m", "store/a", {.instances = 2, .replaces = true}).ok());
  EXPECT_EQ(Find("m")->config.instances, 3) << "what serves goes on";
  EXPECT_TRUE(Unload("m").ok());
  EXPECT_FALSE(Serves("m"));
}

TEST_F(ModelControlTest, WhatReplacesNothingIsNotLoaded) {
  Write("store/a");
  Write("r");
  Begin(Mode::kExplicit, {"r"});
  EXPECT_EQ(LoadFrom("m", "store/a", {.instances = 1, .replaces = true}).code(), StatusCode::kNotFound);
  EXPECT_EQ(LoadFrom("r", "store/a", {.instances = 1, .replaces = true}).code(), StatusCode::kNotFound)
      << "it is a repository's";
  ASSERT_TRUE(LoadFrom("m", "store/a").ok());
  ASSERT_TRUE(Unload("m").ok());
  EXPECT_EQ(LoadFrom("m", "store/a", {.instances = 1, .replaces = true}).code(), StatusCode::kNotFound);
  EXPECT_FALSE(Serves("m"));
}

TEST_F(ModelControlTest, ANameWhoseLoadFromOutsideFailedIsTheRepositorysAgain) {
  Write("store/a", "bad");
  Begin(Mode::kExplicit);
  EXPECT_FALSE(LoadFrom("q", "store/a").ok());
  Write("q");
  EXPECT_TRUE(Load("q").ok());
  EXPECT_TRUE(Serves("q"));
}

TEST_F(ModelControlTest, TellsWhenWhatCameFromOutsideIsUnloaded) {
  Write("store/a");
  Write("r");
  paths_ = {folder_.path()};
  std::vector<std::string> told;
  control_.emplace(ModelControl::Options{.paths = paths_,
                                         .scan = {},
                                         .mode = Mode::kExplicit,
                                         .poll_interval = std::chrono::milliseconds(0),
                                         .load_models = {"r"}},
                   lifecycle_, models_.log);
  control_->TellOfUnloads([&](const std::string& name) { told.push_back(name); });
  ASSERT_TRUE(control_->Start().ok());
  ASSERT_TRUE(LoadFrom("m", "store/a").ok());
  ASSERT_TRUE(LoadFrom("m", "store/a", {.instances = 2, .replaces = true}).ok());
  EXPECT_TRUE(told.empty());
  EXPECT_TRUE(Unload("m").ok());
  EXPECT_TRUE(Unload("r").ok());
  EXPECT_EQ(Unload("m").code(), StatusCode::kNotFound);
  EXPECT_EQ(told, std::vector<std::string>{"m"});
}

class NamedModelsTest : public ModelControlTest {
 protected:
  NamedModelsTest() { paths_.clear(); }

  NamedModel Named(const std::string& name, const fs::path& folder) {
    return {.name = name, .folder = folder_.path() / folder, .versions = {}, .labels = {}};
  }
  void BeginWith(std::vector<NamedModel> named) {
    control_.emplace(ModelControl::Options{.paths = {},
                                           .scan = {.named = std::move(named)},
                                           .mode = Mode::kWatch,
                                           .poll_interval = std::chrono::milliseconds(0),
                                           .has_named = true},
                     lifecycle_, models_.log);
    EXPECT_TRUE(control_->Start().ok());
    lifecycle_.WaitUntilSettled();
  }
  Status Replace(std::vector<NamedModel> named) {
    Answer answer;
    control_->ServeNamed(std::move(named), answer.done());
    return answer.Wait();
  }
};

TEST_F(NamedModelsTest, AreServedUntilTheyAreReplaced) {
  Write("x");
  Write("y");
  BeginWith({Named("a", "x"), Named("b", "y")});
  EXPECT_TRUE(Serves("a") && Serves("b"));
  EXPECT_TRUE(Replace({Named("b", "y"), Named("c", "x")}).ok());
  EXPECT_FALSE(Serves("a"));
  EXPECT_TRUE(Serves("b") && Serves("c"));
  EXPECT_TRUE(Replace({}).ok());
  EXPECT_FALSE(Serves("b"));
}

TEST_F(NamedModelsTest, StayWhereTheirSuccessorsCannotBe) {
  Write("x");
  BeginWith({Named("a", "x")});
  const Status status = Replace({Named("b", "nothing")});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("Could not find base path"));
  EXPECT_EQ(Replace({Named("b c", "x")}).code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(Serves("a"));
}

TEST_F(NamedModelsTest, SayWhichOfThemFailed) {
  Write("x");
  folder_.Write("y/1/bad.onnx");
  BeginWith({});
  EXPECT_FALSE(Replace({Named("a", "x"), Named("b", "y")}).ok());
  EXPECT_TRUE(Serves("a"));
}

TEST_F(NamedModelsTest, StayWhenTheirFolderGoes) {
  Write("x");
  BeginWith({Named("a", "x")});
  fs::remove_all(folder_.path() / "x");
  Look(2);
  EXPECT_TRUE(Serves("a"));
}

TEST_F(ModelControlTest, HasNoNamedModelsUnlessItWasToldSo) {
  Begin(Mode::kWatch);
  Answer answer;
  control_->ServeNamed({}, answer.done());
  EXPECT_EQ(answer.Wait().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trireme
