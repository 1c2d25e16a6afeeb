// SPDX-License-Identifier: Apache-2.0
#include "engine/transform_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <future>
#include <latch>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/testing/fake_backend.h"
#include "base/testing/manual_clock.h"
#include "metrics/registry.h"
#include "model/testing/recorded_reply.h"
#include "tensor/bytes_elements.h"
#include "transform/testing/make_image.h"

namespace trireme {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using transform::ImageSteps;
using transform::ModelTransform;

// "pixels" of UINT8 [rows,4,4,3] to "scores" of FP32 [rows,3], with pictures and names around it.
std::shared_ptr<ServedModel> Colours(int64_t side = 4) {
  ModelTransform made;
  made.picture.emplace();
  made.picture->steps.resize = ImageSteps::ResizeTo::kExact;
  made.picture->steps.size = {.width = side, .height = side};
  made.picture->steps.divide_by_255 = false;
  made.picture->steps.type = DataType::kUint8;
  made.picture->steps.layout = transform::Layout::kNhwc;
  made.answer = ModelTransform::Answer{
      .outputs = {"scores"}, .top = 1, .softmax = false, .names = transform::ClassNames({"red", "green", "blue"})};
  auto model = std::make_shared<ServedModel>();
  model->id = {"colours", 1};
  model->signature = {
      .inputs = {{.name = "pixels", .type = DataType::kUint8, .shape = {-1, side, side, 3}}},
      .outputs = {{.name = "scores", .shape = {-1, 3}}, {.name = "more", .shape = {-1}, .may_change = true}},
      .batched = true};
  model->transform = std::make_shared<const ModelTransform>(std::move(made));
  return model;
}

Tensor Elements(const std::vector<std::string>& elements) {
  std::vector<std::byte> bytes;
  for (const std::string& element : elements) AppendBytesElement(bytes, element);
  return {.type = DataType::kBytes, .shape = {static_cast<int64_t>(elements.size())}, .data = Buffer::CopyOf(bytes)};
}

std::unique_ptr<InferRequest> RequestOf(const std::vector<std::string>& pictures, const RecordedReply& reply) {
  auto request = std::make_unique<InferRequest>();
  request->inputs.push_back({"pixels", Elements(pictures)});
  request->reply = reply.MakeReply();
  return request;
}

std::string Picture() {
  return transform::PaintedPng({9, 7});
}

// Its head is whole, so what is wrong with it shows when it is decoded.
std::string CutPicture() {
  const std::string whole = transform::PaintedPng({40, 40});
  return whole.substr(0, whole.size() / 2);
}

// What came of a request before it went on to the model.
struct Made {
  std::shared_ptr<ServedModel> model;
  std::unique_ptr<InferRequest> request;
  Status status;
};

class TransformStageTest : public testing::Test {
 protected:
  TransformStage& Stage(TransformStage::Options options = {}) {
    stage_ = std::make_unique<TransformStage>(options, pool_);
    return *stage_;
  }

  std::future<Made> Start(TransformStage& stage, std::unique_ptr<InferRequest> request) {
    const auto promise = std::make_shared<std::promise<Made>>();  // a callback is copied
    std::future<Made> made = promise->get_future();
    stage.Start(
        model_, std::move(request), [this](const InferRequest&) { return Find(); },
        [promise](std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> ready, Status status) {
          promise->set_value({std::move(model), std::move(ready), std::move(status)});
        });
    return made;
  }
  Made Make(TransformStage& stage, std::unique_ptr<InferRequest> request) {
    return Start(stage, std::move(request)).get();
  }

  // The one worker stays in it until it is let go.
  void Hold(TransformStage& stage) {
    const RecordedReply nobody;
    stage.Start(
        model_, RequestOf({Picture()}, nobody), [model = model_](const InferRequest&) { return model; },
        [this](const std::shared_ptr<ServedModel>&, std::unique_ptr<InferRequest>, const Status&) {
          held_.count_down();
          go_on_.wait();
        });
    held_.wait();
  }
  void LetGo() { go_on_.count_down(); }

  std::shared_ptr<ServedModel> Find() {
    const int look = looks_++;
    if (look == short_look_) throw std::bad_alloc();
    return look == 0 ? model_ : then_;
  }

  MemoryPool pool_;
  const RecordedReply reply_;
  std::shared_ptr<ServedModel> model_ = Colours();
  std::shared_ptr<ServedModel> then_ = model_;  // from the second look on
  std::atomic<int> looks_ = 0;                  // a count alone
  int short_look_ = -1;                         // at which there is no memory
  std::latch held_{1};
  std::latch go_on_{1};
  std::unique_ptr<TransformStage> stage_;  // last: it uses the rest
};

TEST_F(TransformStageTest, MakesATensorOfPictures) {
  const Made made = Make(Stage({.threads = 2}), RequestOf(std::vector<std::string>(100, Picture()), reply_));
  ASSERT_TRUE(made.status.ok()) << made.status;
  EXPECT_EQ(made.model, model_);
  const Tensor& pixels = made.request->inputs[0].tensor;
  EXPECT_EQ(pixels.type, DataType::kUint8);
  EXPECT_EQ(pixels.shape, (Shape{100, 4, 4, 3}));
  EXPECT_EQ(std::memcmp(pixels.data.data(), pixels.data.data() + 99 * 48, 48), 0);
}

TEST_F(TransformStageTest, RefusesWhatWouldBeLateBeforeItDecodesAnything) {
  ManualClock clock;
  metrics::Registry registry;
  ModelMetrics metrics(registry, model_->id);
  const auto script = std::make_shared<FakeScript>();  // shared with the model
  ModelLine::Options options{.run_inline = false, .goal = ServiceGoal{.latency = std::chrono::milliseconds(100)}};
  options.seen_runs = {{.size = {.rows = 1, .bytes = 48}, .took = std::chrono::milliseconds(80)}};
  model_->line = std::make_unique<ModelLine>(model_->id, FakeSignature(), MakeFakeModel(script), std::move(options),
                                             pool_, metrics, clock);
  const auto push = [&](const RecordedReply& reply) {
    auto request = std::make_unique<InferRequest>();
    request->inputs.push_back({"x", MakeTensor(pool_, DataType::kFp32, {1, 4})});
    request->outputs.push_back({.name = "y", .index = 0, .destination = {}});
    request->bytes = 48;
    request->stages.received = clock.Now();
    request->reply = reply.MakeReply();
    model_->line->Push(std::move(request));
  };
  const auto picture = [&] {
    auto request = RequestOf({CutPicture()}, reply_);
    request->stages.received = clock.Now();
    looks_ = 0;
    return Make(Stage(), std::move(request)).status;
  };
  EXPECT_EQ(picture().code(), StatusCode::kInvalidArgument) << "it is decoded";
  script->Hold();
  const RecordedReply running;
  push(running);
  script->WaitUntilHeld(1);
  const Status refused = picture();
  EXPECT_EQ(refused.code(), StatusCode::kOverloaded) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("and the goal is p99=100ms"));
  EXPECT_GT(refused.try_again_in(), Duration(0));
  script->Release();
  EXPECT_TRUE(running.Wait().status.ok());
  model_->line.reset();
}

TEST_F(TransformStageTest, CountsMemoryUntilTheModelHasRun) {
  constexpr size_t kMiB = size_t{1} << 20;
  TransformStage& stage = Stage({.max_bytes = 2 * kMiB});
  model_ = then_ = Colours(591);  // a MiB of tensor
  Made first = Make(stage, RequestOf({Picture()}, reply_));
  ASSERT_EQ(first.status.code(), StatusCode::kTooLarge) << "with what decoding takes it would be more than all";
  model_ = then_ = Colours(400);  // half of that
  looks_ = 0;
  first = Make(stage, RequestOf({Picture()}, reply_));
  ASSERT_TRUE(first.status.ok()) << first.status;
  stage.WaitUntilEmpty();
  EXPECT_EQ(stage.bytes(), size_t{400} * 400 * 3);
  looks_ = 0;
  EXPECT_EQ(Make(stage, RequestOf({Picture()}, reply_)).status.code(), StatusCode::kOverloaded);
  first.request->inputs.clear();
  stage.WaitUntilEmpty();
  EXPECT_EQ(stage.bytes(), 0U);
  looks_ = 0;
  EXPECT_TRUE(Make(stage, RequestOf({Picture()}, reply_)).status.ok());
}

TEST_F(TransformStageTest, AnswersOverloadedWhenTheLineIsFull) {
  TransformStage& stage = Stage({.max_waiting = 1});
  Hold(stage);
  EXPECT_EQ(Make(stage, RequestOf({Picture()}, reply_)).status.code(), StatusCode::kOverloaded);
  auto tensor = RequestOf({}, reply_);
  tensor->inputs[0].tensor = MakeTensor(pool_, DataType::kUint8, {1, 4, 4, 3});
  tensor->outputs.push_back({.name = "classes", .destination = {}});
  EXPECT_EQ(Make(stage, std::move(tensor)).status.code(), StatusCode::kOverloaded) << "its answer would wait as well";
  LetGo();
}

TEST_F(TransformStageTest, TellsWhyNobodyWaitsAnyMore) {
  TransformStage& stage = Stage();
  Hold(stage);
  auto late = RequestOf({Picture()}, reply_);
  late->deadline = Clock::System().Now() - std::chrono::seconds(1);
  auto gone = RequestOf({CutPicture()}, reply_);
  gone->cancellation = Cancellation::Make();
  const Cancellation cancellation = gone->cancellation;
  auto late_made = Start(stage, std::move(late));
  auto gone_made = Start(stage, std::move(gone));
  cancellation.Cancel();
  LetGo();
  EXPECT_EQ(late_made.get().status.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gone_made.get().status.code(), StatusCode::kCancelled);
}

TEST_F(TransformStageTest, TellsOfTheFirstPictureThatIsWrong) {
  std::vector<std::string> pictures(200, CutPicture());
  for (size_t i = 0; i < 7; ++i) pictures[i] = Picture();
  const Made made = Make(Stage({.threads = 4}), RequestOf(pictures, reply_));
  EXPECT_EQ(made.status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(made.status.message(), AllOf(HasSubstr("input 'pixels', picture 7: "), HasSubstr("truncated")));
}

TEST_F(TransformStageTest, ChecksTheRequestBeforeItDecodesAnything) {
  TransformStage& stage = Stage();
  const auto why_not = [&](auto change) {
    auto request = RequestOf({Picture(), CutPicture()}, reply_);
    change(*request);
    looks_ = 0;
    return Make(stage, std::move(request)).status.message();
  };
  EXPECT_THAT(why_not([](InferRequest& request) { request.outputs.push_back({.name = "none", .destination = {}}); }),
              HasSubstr("unexpected output 'none'"));
  EXPECT_THAT(why_not([](InferRequest& request) {
                request.outputs.push_back({.name = "classes", .destination = {}});
                request.outputs.push_back({.name = "classes", .destination = {}});
              }),
              HasSubstr("output 'classes' is requested twice"));
  EXPECT_THAT(why_not([](InferRequest& request) {
                request.inputs.push_back({"other", {}});
              }),
              HasSubstr("unexpected input 'other'"));
  EXPECT_THAT(why_not([](InferRequest& request) {
                request.inputs[0].tensor.shape = {2, 2};
              }),
              HasSubstr("expected [n] or [n,1], one picture an element"));
  model_->config.max_request_rows = 1;
  EXPECT_THAT(why_not([](InferRequest&) {}),
              HasSubstr("has 2 pictures, model 'colours' takes at most 1 (max_batch_size)"));
}

TEST_F(TransformStageTest, BoundsWhatOneRequestMayBring) {
  const auto why_not = [&](const PictureLimits& limits, size_t max_bytes = size_t{1} << 30) {
    looks_ = 0;
    const Made made =
        Make(Stage({.max_bytes = max_bytes, .pictures = limits}), RequestOf({Picture(), Picture(), Picture()}, reply_));
    EXPECT_EQ(made.status.code(), StatusCode::kTooLarge);
    return made.status.message();
  };
  EXPECT_THAT(why_not({.pictures = 2}), HasSubstr("expected at most 2 pictures in a request, found 3"));
  EXPECT_THAT(why_not({.pixels = 2 * 63}), HasSubstr("picture 2: expected pictures of at most 126 pixels"));
  EXPECT_THAT(why_not({.tensor_bytes = 3 * 48 - 1}), HasSubstr("143 bytes of tensor at most, found [3,4,4,3]"));
  EXPECT_THAT(why_not({}, 1000), HasSubstr("at most 1000 bytes (--max-picture-memory or"));
}

TEST_F(TransformStageTest, AnswersShortageOfMemoryAsSuch) {
  TransformStage& stage = Stage();
  short_look_ = 0;  // when the pictures are looked at
  EXPECT_EQ(Make(stage, RequestOf({Picture()}, reply_)).status.code(), StatusCode::kOutOfMemory);
  looks_ = 0;
  short_look_ = 1;  // when there is nobody left to tell but the reply
  const RecordedReply told;
  const auto never = Start(stage, RequestOf({Picture()}, told));
  EXPECT_EQ(told.Wait().status.code(), StatusCode::kOutOfMemory);
}

TEST_F(TransformStageTest, HoldsNoModelWhileItDecodes) {
  TransformStage& stage = Stage();
  Hold(stage);
  const long before = model_.use_count();  // NOLINT(google-runtime-int): what shared_ptr counts in
  auto made = Start(stage, RequestOf({Picture()}, reply_));
  EXPECT_EQ(model_.use_count(), before);
  LetGo();
  EXPECT_TRUE(made.get().status.ok());
}

TEST_F(TransformStageTest, GoesOnWithTheModelThatServesByThen) {
  TransformStage& stage = Stage();
  then_ = Colours();  // a mere reload
  Made made = Make(stage, RequestOf({Picture()}, reply_));
  EXPECT_EQ(made.model, then_);
  EXPECT_EQ(made.request->inputs[0].tensor.shape, (Shape{1, 4, 4, 3}));

  for (const auto& then : {Colours(5), std::shared_ptr<ServedModel>()}) {
    then_ = then;
    looks_ = 0;
    made = Make(stage, RequestOf({Picture()}, reply_));
    EXPECT_TRUE(made.status.ok());
    EXPECT_EQ(made.model, nullptr) << "it takes other pictures, or is gone";
    ASSERT_NE(made.request, nullptr);
    EXPECT_EQ(made.request->inputs[0].tensor.type, DataType::kBytes) << "as it came";
    EXPECT_TRUE(made.request->outputs.empty());
  }
}

// ---- The answer.

InferResponse Scores(const std::vector<float>& scores) {
  const auto rows = static_cast<int64_t>(scores.size() / 3);
  return {.outputs = {{"scores", {.shape = {rows, 3}, .data = Buffer::CopyOf(std::as_bytes(std::span(scores)))}},
                      {"more", {.shape = {rows}, .data = {}}}}};
}

std::vector<std::string> NamesOf(const InferResponse& response) {
  std::vector<std::string> names;
  for (const NamedTensor& output : response.outputs) names.push_back(output.name);
  return names;
}

std::vector<std::string> TextsOf(const Tensor& tensor) {
  std::vector<std::string> texts;
  BytesReader reader(tensor.data.bytes());
  while (const auto element = reader.Next()) texts.emplace_back(*element);
  return texts;
}

class AnswerTest : public TransformStageTest {
 protected:
  // A request that has been made ready for the model.
  std::unique_ptr<InferRequest> Ready(std::vector<RequestedOutput> outputs) {
    auto request = RequestOf({Picture()}, reply_);
    request->outputs = std::move(outputs);
    looks_ = 0;
    Made made = Make(Stage(), std::move(request));
    EXPECT_TRUE(made.status.ok()) << made.status;
    return std::move(made.request);
  }
};

TEST_F(AnswerTest, IsAllThatPicturesWithoutNamedOutputsAreAnswered) {
  const auto request = Ready({});
  ASSERT_EQ(request->outputs.size(), 1U);
  EXPECT_EQ(request->outputs[0].name, "scores");
  request->reply.Finish(Scores({0, 1, 0, 0, 0, 1}));
  const Outcome outcome = reply_.Wait();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_THAT(NamesOf(*outcome.response), ElementsAre("classes"));
  EXPECT_THAT(TextsOf(outcome.response->outputs[0].tensor),
              ElementsAre("{\n  \"green\": 1.0\n}", "{\n  \"blue\": 1.0\n}"));
}

TEST_F(AnswerTest, StandsAmongTheOutputsInTheirOrder) {
  const auto request = Ready({{.name = "more", .destination = {}}, {.name = "classes", .destination = {}}});
  request->reply.Finish(Scores({1, 0, 0}));
  EXPECT_THAT(NamesOf(*reply_.Wait().response), ElementsAre("more", "classes"));
}

// Whoever may write to it while it is read could end the process, or have another's answer.
TEST_F(AnswerTest, IsNotMadeOfMemoryThatOthersWriteTo) {
  std::vector<std::byte> region(12);
  const Buffer place = Buffer::View(region.data(), region.size(), nullptr);
  const auto request = Ready({{.name = "scores", .destination = place, .may_change = true},
                              {.name = "more", .destination = place, .may_change = true},
                              {.name = "classes", .destination = {}}});
  ASSERT_EQ(request->outputs.size(), 2U);
  EXPECT_TRUE(request->outputs[0].destination.empty());
  EXPECT_FALSE(request->outputs[0].may_change);
  EXPECT_TRUE(request->outputs[1].may_change) << "the answer is not made of it";
  request->reply.Finish(Status());
}

TEST_F(AnswerTest, OfATensorIsAskedForAtOnce) {
  TransformStage& stage = Stage();
  auto request = RequestOf({}, reply_);
  request->inputs[0].tensor = MakeTensor(pool_, DataType::kUint8, {1, 4, 4, 3});
  EXPECT_FALSE(TransformStage::Concerns(*model_, *request));
  request->outputs.push_back({.name = "classes", .destination = Buffer::Take(pool_, 4)});
  EXPECT_TRUE(TransformStage::Concerns(*model_, *request));
  std::future<Made> made = Start(stage, std::move(request));
  ASSERT_EQ(made.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  const std::unique_ptr<InferRequest> ready = made.get().request;
  ASSERT_EQ(ready->outputs.size(), 1U);
  EXPECT_EQ(ready->outputs[0].name, "scores");
  EXPECT_TRUE(ready->outputs[0].destination.empty()) << "that is for the text, which whoever asked puts there";
  ready->reply.Finish(Status());
}

TEST_F(AnswerTest, PassesOnWhyThereIsNone) {
  Ready({})->reply.Finish(Unavailable("no"));
  EXPECT_EQ(reply_.Wait().status.code(), StatusCode::kUnavailable);
}

TEST_F(AnswerTest, SaysWhatTheModelLeftOut) {
  Ready({})->reply.Finish(InferResponse{});
  EXPECT_THAT(reply_.Wait().status.message(), HasSubstr("the model gave no output 'scores'"));
}

TEST_F(AnswerTest, IsMadeOfEachOfSeveralResponsesUntilOneCannotBe) {
  const auto request = Ready({});
  request->reply.Send(Scores({1, 0, 0}));
  request->reply.Send(InferResponse{});
  request->reply.Send(Scores({1, 0, 0}));
  request->reply.Finish(Scores({1, 0, 0}));
  EXPECT_EQ(reply_.Wait().status.code(), StatusCode::kInternal);
  EXPECT_EQ(reply_.finishes(), 1);
  ASSERT_EQ(reply_.partial_responses(), 1U);
  EXPECT_THAT(NamesOf(reply_.responses()[0]), ElementsAre("classes"));
}

TEST_F(AnswerTest, DoesNotHoldTheModel) {
  const auto request = Ready({});
  EXPECT_EQ(model_.use_count(), 2) << "the test's own";
  request->reply.Finish(Scores({1, 0, 0}));
  EXPECT_TRUE(reply_.Wait().status.ok());
}

}  // namespace
}  // namespace trireme
