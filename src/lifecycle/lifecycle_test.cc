// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "base/testing/temp_dir.h"
#include "lifecycle/testing/fake_models.h"

namespace trireme {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LifecycleTest : public testing::Test {
 protected:
  static RepositoryScan Scan(std::vector<ModelEntry> models, std::vector<ModelProblem> problems = {}) {
    return {.models = std::move(models), .problems = std::move(problems), .notes = {}};
  }
  static ModelProblem Problem(const std::string& name, const std::string& text) {
    return {.path = "/models/" + name, .name = name, .status = Unsupported(text), .findings = {}};
  }
  static ModelEntry BrokenEntry(const std::string& name, uint64_t fingerprint) {
    ModelEntry entry = FakeEntry(name, 1, fingerprint);
    entry.path = "/models/bad.onnx";
    return entry;
  }

  void Settle(const RepositoryScan& scan) {
    lifecycle_.SetDesired(scan);
    lifecycle_.WaitUntilSettled();
  }
  ModelStatus StatusOf(const std::string& name, int64_t version = 1) {
    return StatusIn(*lifecycle_.table(), name, version);
  }
  std::shared_ptr<ServedModel> Find(const std::string& name) {
    return lifecycle_.table()->Find(name, std::nullopt).value();
  }
  // What WhenSettled answers.
  std::future<Status> Verdict(const std::string& name) {
    const auto promise = std::make_shared<std::promise<Status>>();  // shared with the callback
    std::future<Status> verdict = promise->get_future();
    lifecycle_.WhenSettled(name, [promise](Status status) { promise->set_value(std::move(status)); });
    return verdict;
  }

  FakeModels models_;
  FakeScript& script_ = *models_.script;
  Lifecycle lifecycle_{{}, models_.loader, models_.log};
};

TEST_F(LifecycleTest, ServesGoodModelsAmongBadOnes) {
  Settle(Scan({FakeEntry("bad"), FakeEntry("good")}, {Problem("odd", "not yet")}));
  const auto table = lifecycle_.table();
  EXPECT_EQ(StatusOf("good").state, ModelState::kReady);
  EXPECT_EQ(StatusOf("bad").state, ModelState::kFailed);
  EXPECT_EQ(StatusOf("bad").reason, "bad.onnx is bad");
  EXPECT_EQ(StatusOf("odd", 0).state, ModelState::kFailed);
  EXPECT_TRUE(table->Find("good", std::nullopt).ok());
  EXPECT_EQ(table->Find("bad", std::nullopt).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(table->Find("odd", std::nullopt).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(table->Find("none", std::nullopt).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(table->Find("good", 7).status().code(), StatusCode::kNotFound);
}

TEST_F(LifecycleTest, NewestVersionAnswersWhenNoneIsNamed) {
  Settle(Scan({FakeEntry("m", 2), FakeEntry("m", 10)}));
  EXPECT_EQ((*lifecycle_.table()->Find("m", std::nullopt))->id.version, 10);
  EXPECT_EQ((*lifecycle_.table()->Find("m", 2))->id.version, 2);
}

TEST_F(LifecycleTest, ForgetsWhatIsNoLongerWanted) {
  Settle(Scan({FakeEntry("a"), FakeEntry("b"), FakeEntry("bad")}));
  Settle(Scan({FakeEntry("b")}));
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
  EXPECT_EQ(StatusOf("b").state, ModelState::kReady);
  EXPECT_EQ(script_.open_models(), 1);
}

TEST_F(LifecycleTest, DoesNotLoadAgainWhatHasNotChanged) {
  Settle(Scan({FakeEntry("m")}));
  Settle(Scan({FakeEntry("m")}));
  EXPECT_EQ(script_.opens(), 1);
}

TEST_F(LifecycleTest, ServesTheOldGenerationUntilTheNewOneIsReady) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  const ServedModel* old = Find("m").get();
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  script_.WaitUntilHeld(1);  // the new one's trial run
  EXPECT_EQ(Find("m").get(), old);
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
  EXPECT_FALSE(lifecycle_.settled());
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(script_.opens(), 2);
  EXPECT_EQ(script_.open_models(), 1);
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
}

TEST_F(LifecycleTest, AnswersWhatTheOldGenerationHasAccepted) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  script_.Hold();
  const RecordedReply reply;
  Find("m")->line->Push(FakeRequest(models_.pool, reply));
  script_.WaitUntilHeld(1);
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  script_.WaitUntilHeld(2);
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(reply.Wait().status.ok());
}

TEST_F(LifecycleTest, DoesNotRefuseWhoFoundTheOldGenerationAMomentBefore) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  auto table = lifecycle_.table();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  ASSERT_TRUE(Verdict("m").get().ok());
  const RecordedReply reply;
  (*table->Find("m", std::nullopt))->line->Push(FakeRequest(models_.pool, reply));
  table.reset();
  EXPECT_TRUE(reply.Wait().status.ok());
  lifecycle_.WaitUntilSettled();
}

TEST_F(LifecycleTest, GoesOnServingWhenAReloadFails) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  const ServedModel* old = Find("m").get();
  Settle(Scan({BrokenEntry("m", 2)}));
  EXPECT_EQ(Find("m").get(), old);
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
  EXPECT_THAT(StatusOf("m").reason, StartsWith("serving the version loaded at 2"));
  EXPECT_THAT(StatusOf("m").reason, HasSubstr("; reload failed: bad.onnx is bad"));

  Settle(Scan({BrokenEntry("m", 2)}));
  EXPECT_EQ(script_.opens(), 2) << "it was tried again although nothing has changed";

  Settle(Scan({FakeEntry("m", 1, 3)}));
  EXPECT_EQ(StatusOf("m").reason, "");
  EXPECT_EQ(script_.opens(), 3);
}

TEST_F(LifecycleTest, DoesNotReloadWhenWhatServesIsPutBack) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  Settle(Scan({BrokenEntry("m", 2)}));
  Settle(Scan({FakeEntry("m", 1, 1)}));
  EXPECT_EQ(script_.opens(), 2);
  EXPECT_EQ(StatusOf("m").reason, "");
}

TEST_F(LifecycleTest, TriesWhatFailedAgainWhenItsFilesChange) {
  Settle(Scan({BrokenEntry("m", 1)}));
  Settle(Scan({BrokenEntry("m", 1)}));
  EXPECT_EQ(script_.opens(), 1);
  Settle(Scan({FakeEntry("m", 1, 2)}));
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
}

TEST_F(LifecycleTest, LoadsWhatChangedWhileItWasLoading) {
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 1)}));
  script_.WaitUntilHeld(1);
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(script_.opens(), 2);
  EXPECT_EQ(script_.open_models(), 1);
}

TEST_F(LifecycleTest, ThrowsAwayWhatIsNotWantedAnyMoreOnceItIsLoaded) {
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m")}));
  script_.WaitUntilHeld(1);
  lifecycle_.SetDesired({});
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(lifecycle_.table()->statuses.empty());
  EXPECT_EQ(script_.open_models(), 0);
}

TEST_F(LifecycleTest, RetiresAtOnceWhatIsNotWantedWhileItsSuccessorLoads) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  script_.WaitUntilHeld(1);
  lifecycle_.SetDesired({});
  EXPECT_TRUE(lifecycle_.table()->ready.empty());
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(lifecycle_.table()->statuses.empty());
  EXPECT_EQ(script_.open_models(), 0);
}

TEST_F(LifecycleTest, AnOlderVersionServesUntilTheNewerOneIsReady) {
  Settle(Scan({FakeEntry("m", 1)}));
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 2)}));
  script_.WaitUntilHeld(1);
  EXPECT_EQ(Find("m")->id.version, 1);
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(Find("m")->id.version, 2);
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
}

TEST_F(LifecycleTest, AnOlderVersionServesOnIfTheNewerOneFails) {
  Settle(Scan({FakeEntry("m", 1)}));
  ModelEntry broken = BrokenEntry("m", 1);
  broken.id.version = 2;
  lifecycle_.SetDesired(Scan({broken}));
  EXPECT_THAT(Verdict("m").get().message(), testing::HasSubstr("version 2: "));
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(Find("m")->id.version, 1);
  EXPECT_THAT(StatusOf("m", 1).reason, testing::HasSubstr("goes on serving"));
  Settle({});
  EXPECT_TRUE(lifecycle_.table()->statuses.empty());
}

TEST_F(LifecycleTest, LoadsWhatIsWantedAgainWhileItDrains) {
  Settle(Scan({FakeEntry("m")}));
  script_.Hold();
  const RecordedReply reply;
  Find("m")->line->Push(FakeRequest(models_.pool, reply));
  script_.WaitUntilHeld(1);
  lifecycle_.SetDesired({});
  EXPECT_EQ(StatusOf("m").state, ModelState::kDraining);
  lifecycle_.SetDesired(Scan({FakeEntry("m")}));
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
  EXPECT_EQ(script_.opens(), 2);
}

TEST_F(LifecycleTest, CountsOnThroughAReload) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  const ModelMetrics* metrics = Find("m")->metrics.get();
  Settle(Scan({FakeEntry("m", 1, 2)}));
  EXPECT_EQ(Find("m")->metrics.get(), metrics);
}

TEST_F(LifecycleTest, DropsProblemsThatAreGone) {
  Settle(Scan({}, {Problem("m", "broken")}));
  EXPECT_EQ(StatusOf("m", 0).reason, "broken");
  Settle(Scan({FakeEntry("m")}));
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
}

TEST_F(LifecycleTest, AProblemWithItsFilesTakesNothingAwayThatServes) {
  Settle(Scan({FakeEntry("m")}));
  Settle(Scan({}, {Problem("m", "/models/m/config.pbtxt:3: no such field")}));
  EXPECT_TRUE(lifecycle_.table()->Find("m", std::nullopt).ok());
  EXPECT_THAT(StatusOf("m").reason, HasSubstr("; reload failed: config.pbtxt:3: no such field"));
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
  Settle(Scan({FakeEntry("m")}));
  EXPECT_EQ(StatusOf("m").reason, "");
  EXPECT_EQ(script_.opens(), 1);
}

TEST_F(LifecycleTest, RemembersWhatWasUnloadedIfItCanBeLoadedByName) {
  lifecycle_.SetKnown({"m", "other"});
  Settle(Scan({FakeEntry("m"), FakeEntry("gone")}));
  lifecycle_.SetDesiredOf("m", {});
  lifecycle_.SetDesiredOf("gone", {});
  lifecycle_.WaitUntilSettled();
  EXPECT_EQ(StatusOf("m").state, ModelState::kRetired);
  EXPECT_EQ(StatusOf("m").reason, "unloaded");
  EXPECT_EQ(StatusOf("other", 0).reason, "");
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 2U);
  EXPECT_EQ(lifecycle_.table()->Find("m", std::nullopt).status().message(), "model 'm' is not ready: unloaded");
  EXPECT_EQ(lifecycle_.table()->Find("other", std::nullopt).status().message(),
            "model 'other' is not ready: not loaded");
  lifecycle_.SetKnown({"other"});
  EXPECT_EQ(lifecycle_.table()->statuses.size(), 1U);
}

TEST_F(LifecycleTest, TellsWhenAllThatIsWantedOfAModelHasArrived) {
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m")}));
  std::future<Status> verdict = Verdict("m");
  script_.WaitUntilHeld(1);
  EXPECT_NE(verdict.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  script_.Release();
  EXPECT_TRUE(verdict.get().ok());
  EXPECT_TRUE(lifecycle_.table()->Find("m", std::nullopt).ok());
}

TEST_F(LifecycleTest, TellsWhyVersionByVersion) {
  ModelEntry second = BrokenEntry("m", 1);
  second.id.version = 2;
  Settle(Scan({FakeEntry("m", 1), second}));
  const Status verdict = Verdict("m").get();
  EXPECT_EQ(verdict.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(verdict.message(), "load failed for model 'm': version 2: bad.onnx is bad");
  Settle(Scan({}, {Problem("p", "broken")}));
  EXPECT_EQ(Verdict("p").get().message(), "load failed for model 'p': broken");
}

TEST_F(LifecycleTest, TellsWhoWaitsWhenItCloses) {
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m")}));
  std::future<Status> verdict = Verdict("m");
  script_.WaitUntilHeld(1);
  lifecycle_.Close();
  EXPECT_EQ(verdict.get().code(), StatusCode::kUnavailable);
  script_.Release();
}

TEST_F(LifecycleTest, HasStartedWhenAllThatWasWantedFirstHasArrived) {
  EXPECT_FALSE(lifecycle_.started());
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("bad"), FakeEntry("m")}));
  script_.WaitUntilHeld(1);
  EXPECT_FALSE(lifecycle_.started());
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(lifecycle_.started());
}

TEST_F(LifecycleTest, HasNotStartedUntilSomethingServes) {
  Settle(Scan({FakeEntry("bad")}));
  EXPECT_FALSE(lifecycle_.started());
  Settle(Scan({FakeEntry("m")}));
  EXPECT_TRUE(lifecycle_.started());
}

TEST_F(LifecycleTest, HasStartedAtOnceIfNothingIsWanted) {
  lifecycle_.SetDesired({});
  EXPECT_TRUE(lifecycle_.started());
}

TEST_F(LifecycleTest, StaysStartedWhateverComesAndGoes) {
  Settle(Scan({FakeEntry("m")}));
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("n"), FakeEntry("bad")}, {Problem("p", "broken")}));
  script_.WaitUntilHeld(1);
  EXPECT_TRUE(lifecycle_.started());
  script_.Release();
  Settle({});
  EXPECT_TRUE(lifecycle_.started());
}

TEST_F(LifecycleTest, CloseAnswersWhatWasAcceptedBeforeTheModelGoes) {
  Settle(Scan({FakeEntry("m")}));
  script_.Hold();
  const RecordedReply reply;
  Find("m")->line->Push(FakeRequest(models_.pool, reply));
  script_.WaitUntilHeld(1);
  std::thread release([this] { script_.Release(); });
  lifecycle_.Close();
  release.join();
  EXPECT_TRUE(reply.Wait().status.ok());
  EXPECT_TRUE(lifecycle_.table()->ready.empty());
}

TEST_F(LifecycleTest, CloseDoesNotWaitForAReload) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  script_.Hold();
  lifecycle_.SetDesired(Scan({FakeEntry("m", 1, 2)}));
  script_.WaitUntilHeld(1);
  lifecycle_.Close();
  EXPECT_EQ(script_.open_models(), 1) << "the one that is being loaded";
  script_.Release();
}

TEST_F(LifecycleTest, AVerdictIsAboutTheLastAttemptAlone) {
  Settle(Scan({FakeEntry("m", 1, 1)}));
  lifecycle_.SetDesiredOf("m", Scan({BrokenEntry("m", 2)}));
  EXPECT_THAT(Verdict("m").get().message(), HasSubstr("bad.onnx"));
  lifecycle_.WaitUntilSettled();
  lifecycle_.SetDesiredOf("m", Scan({}, {Problem("m", "of another family")}));
  EXPECT_EQ(Verdict("m").get().message(), "load failed for model 'm': of another family");
  EXPECT_EQ(StatusOf("m").state, ModelState::kReady);
  lifecycle_.SetDesiredOf("m", Scan({FakeEntry("m", 1, 1)}));
  EXPECT_TRUE(Verdict("m").get().ok());
  EXPECT_EQ(script_.opens(), 2) << "what serves is what is wanted";
}

TEST_F(LifecycleTest, ShowsNoFoldersOfThisMachine) {
  ModelProblem twice = Problem("m", "in \"/srv/a/m/1/model.onnx\" and \"/srv/b/m.onnx\"");
  twice.path = "/srv/a/m/1/model.onnx";
  twice.places = {"/srv/a/m/1/model.onnx", "/srv/b/m.onnx"};
  twice.roots = {"/srv/a/", "/srv/b"};
  ModelProblem unnamed = Problem("", "\"/srv/caf\\xc3\\xa9/1/model.onnx\": no name");
  unnamed.path = "/srv/caf\xc3\xa9/1/model.onnx";
  unnamed.shown_name = "caf\\xc3\\xa9";
  ModelProblem root = Problem("", "nothing at \"/srv/models\"");
  root.path = "/srv/models/";
  Settle(Scan({}, {twice, unnamed, root}));
  EXPECT_EQ(StatusOf("m", 0).reason, "in \"m/1/model.onnx\" and \"m.onnx\"");
  EXPECT_EQ(StatusOf("caf\\xc3\\xa9", 0).reason, "\"model.onnx\": no name");
  EXPECT_EQ(StatusOf("models", 0).reason, "nothing at \"models\"");
}

// Lets go of it when the last generation that was loaded from it has gone.
TEST_F(LifecycleTest, KeepsTheFilesOfAModelForAsLongAsItLives) {
  auto files = std::make_shared<int>();
  const std::weak_ptr<int> watched = files;
  lifecycle_.SetDesiredOf("m", Scan({FakeEntry("m", 1, 1)}), std::move(files));
  lifecycle_.WaitUntilSettled();
  EXPECT_FALSE(watched.expired());
  script_.Hold();
  lifecycle_.SetDesiredOf("m", Scan({FakeEntry("m", 1, 2)}));
  script_.WaitUntilHeld(1);
  EXPECT_FALSE(watched.expired());
  script_.Release();
  lifecycle_.WaitUntilSettled();
  EXPECT_TRUE(watched.expired());
}

TEST(LifecycleLog, SaysWhatIsWrongOnce) {
  const TempDir folder;
  const std::filesystem::path file = folder.Write("log");
  std::FILE* log = std::fopen(file.c_str(), "a");
  {
    FakeModels models({}, fileno(log), LogLevel::kInfo);
    Lifecycle lifecycle({}, models.loader, models.log);
    RepositoryScan scan;
    scan.models.push_back(FakeEntry("m"));
    scan.models.back().notes = {"something was assumed"};
    scan.problems.push_back({.path = "/models/p", .name = "p", .status = NotFound("no file"), .findings = {}});
    scan.notes = {"a folder was passed over"};
    lifecycle.SetDesired(scan);
    lifecycle.SetDesired(scan);
    lifecycle.WaitUntilSettled();
  }
  std::fclose(log);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  for (const std::string once : {"something was assumed", "no file", "a folder was passed over"}) {
    const size_t at = text.str().find(once);
    EXPECT_NE(at, std::string::npos) << once;
    EXPECT_EQ(text.str().find(once, at + 1), std::string::npos) << once;
  }
}

TEST(LifecycleLog, WarnsOfAGoalThatCannotBeKeptAndShowsItOfTheModel) {
  const TempDir folder;
  const std::filesystem::path file = folder.Write("log");
  std::FILE* log = std::fopen(file.c_str(), "a");
  FakeModels models({}, fileno(log), LogLevel::kWarning);
  Lifecycle lifecycle({.goals = {{"m", ServiceGoal{.quantile = 0.99, .latency = Duration(1)}}}}, models.loader, models.log);
  lifecycle.SetDesired({.models = {FakeEntry("m"), FakeEntry("other")}, .problems = {}, .notes = {}});
  lifecycle.WaitUntilSettled();
  EXPECT_THAT(StatusIn(*lifecycle.table(), "m").note, HasSubstr("cannot be kept"));
  EXPECT_EQ(StatusIn(*lifecycle.table(), "other").note, "");
  std::fclose(log);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("cannot be kept: a run of one row takes"));
  EXPECT_THAT(text.str(), testing::Not(HasSubstr("model ready"))) << "only what is to be seen to";
}

}  // namespace
}  // namespace trireme
