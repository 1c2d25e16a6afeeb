// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shared_models.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "backend/testing/fake_backend.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

constexpr uint64_t kOwnBytes = uint64_t{256} << 10;  // that each has besides

class SharedModelsTest : public testing::Test {
 protected:
  VersionFiles Files(const std::string& name, const std::string& contents) {
    ModelEntry entry;
    entry.id = {name, 1};
    entry.path = folder_.Write(name + "/1/model.onnx", contents);
    entry.folder = folder_ / name;
    entry.version_folder = folder_ / name / "1";
    return FilesOfVersion(entry).value();
  }
  std::function<Result<OpenedModel>()> Opener() {
    return [this]() -> Result<OpenedModel> {
      ++opens_;
      return OpenedModel{.model = MakeFakeModel(script_, {.keeps_state = keep_state_}),
                         .weights = std::make_shared<SharedWeights>(900),
                         .backend = "fake",
                         .platform = "fake",
                         .digest = {}};
    };
  }
  // As a line has it.
  std::unique_ptr<OpenModel> Open(const std::string& name, const std::string& contents, const std::string& way = "") {
    const Result<OpenedModel> opened = models_.Open(Files(name, contents), way, Opener());
    weights_ = opened->weights;
    digest_ = opened->digest;
    return MakeSharingModel(*opened);
  }

  const TempDir folder_;
  const std::shared_ptr<FakeScript> script_ = std::make_shared<FakeScript>();  // shared with the models
  SharedModels models_;
  std::shared_ptr<SharedWeights> weights_;  // of what was opened last; shared with its holders
  std::string digest_;
  std::atomic<int> opens_ = 0;
  bool keep_state_ = false;
};

TEST_F(SharedModelsTest, OpensTheSameContentsOnce) {
  const auto a = Open("a", "weights");
  EXPECT_EQ(digest_, "");  // nobody had to know it
  const auto b = Open("b", "weights");
  EXPECT_EQ(opens_, 1);
  EXPECT_TRUE(digest_.starts_with("sha256:")) << digest_;
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 450);
}

TEST_F(SharedModelsTest, OpensWhatKeepsStateForEach) {
  keep_state_ = true;
  const auto a = Open("a", "weights");
  const auto b = Open("b", "weights");
  EXPECT_EQ(opens_, 2);
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 900);
}

TEST_F(SharedModelsTest, OpensOtherContentsForThemselves) {
  const auto a = Open("a", "weights");
  const auto b = Open("b", "weighty");
  EXPECT_EQ(opens_, 2);
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 900);
}

TEST_F(SharedModelsTest, ReadsTheWholeFileBeforeItSaysThatTwoAreTheSame) {
  std::string contents(1 << 20, 'w');
  const auto a = Open("a", contents);
  contents[5000] = 'x';  // between two samples
  const auto b = Open("b", contents);
  EXPECT_EQ(opens_, 2);
}

TEST_F(SharedModelsTest, OpensTheSameInAnotherWayForItself) {
  const auto a = Open("a", "weights", "one thread");
  const auto b = Open("b", "weights", "two threads");
  EXPECT_EQ(opens_, 2);
}

TEST_F(SharedModelsTest, OpensAgainWhatNobodyHasAnyMore) {
  auto a = Open("a", "weights");
  a.reset();
  const auto b = Open("b", "weights");
  EXPECT_EQ(opens_, 2);
}

TEST_F(SharedModelsTest, GoesOnWhenTheFirstHasGone) {
  auto a = Open("a", "weights");
  const auto b = Open("b", "weights");
  a.reset();
  const auto c = Open("c", "weights");
  EXPECT_EQ(opens_, 1);
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 450);
}

TEST_F(SharedModelsTest, DoesNotShareWithFilesThatHaveChanged) {
  const auto a = Open("a", "weights");
  folder_.Write("a/1/model.onnx", "weightz");
  const auto b = Open("b", "weights");
  EXPECT_EQ(opens_, 2);
}

TEST_F(SharedModelsTest, WaitsForOneThatIsJustBeingOpened) {
  std::promise<void> go;
  std::promise<void> began;
  const VersionFiles first = Files("a", "weights");
  const VersionFiles second = Files("b", "weights");
  Result<OpenedModel> a = NotFound("not yet");
  std::thread opening([&] {
    a = models_.Open(first, "", [&] {
      began.set_value();
      go.get_future().wait();
      return Opener()();
    });
  });
  began.get_future().wait();
  Result<OpenedModel> b = NotFound("not yet");
  std::thread waiting([&] { b = models_.Open(second, "", Opener()); });
  go.set_value();
  opening.join();
  waiting.join();
  EXPECT_EQ(opens_, 1);
  EXPECT_EQ(a->model, b->model);
}

TEST_F(SharedModelsTest, TriesAgainAfterAnException) {
  const VersionFiles files = Files("a", "weights");
  const auto throws = []() -> Result<OpenedModel> { throw std::bad_alloc(); };
  EXPECT_THROW((void)models_.Open(files, "", throws), std::bad_alloc);
  EXPECT_TRUE(models_.Open(files, "", Opener()).ok());
}

TEST_F(SharedModelsTest, TriesAgainAfterAFailure) {
  const VersionFiles files = Files("a", "weights");
  EXPECT_FALSE(models_.Open(files, "", []() -> Result<OpenedModel> { return InvalidArgument("broken"); }).ok());
  EXPECT_TRUE(models_.Open(files, "", Opener()).ok());
}

TEST_F(SharedModelsTest, CountsAVersionOnceWithHoweverManyThreadsItIsRun) {
  auto a = Open("a", "weights");
  auto b = Open("b", "weights");
  const auto wide = b->WithThreads(4);
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 450);
  b.reset();
  EXPECT_EQ(weights_->BytesOfEach(), kOwnBytes + 450);
  MemoryPool pool;
  const std::vector<Tensor> inputs = {MakeTensor(pool, DataType::kFp32, {1, 4})};
  EXPECT_TRUE((*wide)->Run(inputs, std::vector<int>{0}, {}).ok());
  EXPECT_EQ(script_->run_threads(), std::vector<int>{4});
  a.reset();
  EXPECT_EQ(Open("c", "weights")->memory_use().weights, 1000U);
  EXPECT_EQ(opens_, 1);  // what has other threads keeps the weights
}

}  // namespace
}  // namespace trireme
