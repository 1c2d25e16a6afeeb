// SPDX-License-Identifier: Apache-2.0
#include "engine/transform_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "model/testing/recorded_reply.h"
#include "tensor/bytes_elements.h"
#include "transform/testing/make_image.h"

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

constexpr size_t kRowBytes = 8 * 8 * 3;

// Takes pictures as 8 x 8 pixels and gives scores, of which classes can be made.
std::shared_ptr<ServedModel> MakeModel() {
  auto model = std::make_shared<ServedModel>();
  model->signature.inputs = {{.name = "pixels", .type = DataType::kUint8, .shape = {Shape::kAny, 8, 8, 3}}};
  model->signature.outputs = {{.name = "scores", .type = DataType::kFp32, .shape = {Shape::kAny, 4}}};
  transform::ModelTransform transform;
  transform.picture.emplace();
  transform.picture->steps = {.resize = transform::ImageSteps::ResizeTo::kExact,
                              .size = {.width = 8, .height = 8},
                              .divide_by_255 = false,
                              .type = DataType::kUint8,
                              .layout = transform::Layout::kNhwc};
  transform.answer.emplace();
  transform.answer->outputs = {"scores"};
  model->transform = std::make_shared<const transform::ModelTransform>(std::move(transform));
  return model;
}

NamedTensor Pictures(const std::vector<std::string>& files) {
  std::vector<std::byte> elements;
  for (const std::string& file : files) AppendBytesElement(elements, file);
  return {
      .name = "pixels",
      .tensor = {
          .type = DataType::kBytes, .shape = {static_cast<int64_t>(files.size())}, .data = Buffer::CopyOf(elements)}};
}

// How Start() ended.
struct Made {
  std::unique_ptr<InferRequest> request;
  Status status;
  std::thread::id thread;
};

class TransformStageTest : public testing::Test {
 protected:
  std::unique_ptr<InferRequest> Request(NamedTensor input) {
    auto request = std::make_unique<InferRequest>();
    request->inputs.push_back(std::move(input));
    request->reply = reply_.MakeReply();
    return request;
  }
  Made Run(TransformStage& stage, std::unique_ptr<InferRequest> request) {
    const TransformStage::Work work = TransformStage::WorkFor(*model_, *request);
    EXPECT_TRUE(work.any());
    std::promise<Made> promise;
    stage.Start(work, model_, std::move(request),
                [&](const std::shared_ptr<ServedModel>&, std::unique_ptr<InferRequest> made, Status status) {
                  promise.set_value({std::move(made), std::move(status), std::this_thread::get_id()});
                });
    return promise.get_future().get();
  }

  const std::shared_ptr<ServedModel> model_ = MakeModel();
  const std::string png_ = transform::PaintedPng({.width = 20, .height = 10});
  const RecordedReply reply_;
  MemoryPool pool_;
};

TEST_F(TransformStageTest, KnowsWhatThereIsToBeDone) {
  const auto pictures = Request(Pictures({png_}));
  const TransformStage::Work work = TransformStage::WorkFor(*model_, *pictures);
  EXPECT_EQ(work.picture, 0u);
  EXPECT_FALSE(work.wants_answer);
  const auto tensors = Request({.name = "pixels", .tensor = MakeTensor(pool_, DataType::kUint8, {1, 8, 8, 3})});
  EXPECT_FALSE(TransformStage::WorkFor(*model_, *tensors).any());
  tensors->outputs = {{.name = "classes"}};
  EXPECT_TRUE(TransformStage::WorkFor(*model_, *tensors).wants_answer);
  EXPECT_FALSE(TransformStage::WorkFor(ServedModel(), *pictures).any());
}

TEST_F(TransformStageTest, MakesRowsOfPictures) {
  TransformStage stage({.threads = 2}, pool_);
  Made made = Run(stage, Request(Pictures({png_, png_, png_})));
  ASSERT_TRUE(made.status.ok()) << made.status;
  EXPECT_EQ(made.request->inputs[0].tensor.shape, (Shape{3, 8, 8, 3}));
  // Nothing was named, so the answer is wanted, which is made of these.
  EXPECT_THAT(made.request->outputs, ElementsAre(Field(&RequestedOutput::name, "scores")));
}

TEST_F(TransformStageTest, AnAnswerAloneIsAskedForAtOnce) {
  TransformStage stage({}, pool_);
  auto request = Request({.name = "pixels", .tensor = MakeTensor(pool_, DataType::kUint8, {1, 8, 8, 3})});
  request->outputs = {{.name = "classes", .destination = Buffer::Take(pool_, 4)}};
  const Made made = Run(stage, std::move(request));
  ASSERT_TRUE(made.status.ok()) << made.status;
  EXPECT_EQ(made.thread, std::this_thread::get_id());
  // The place is not for the model's numbers: the answer's text is put there by whoever asked.
  ASSERT_THAT(made.request->outputs, ElementsAre(Field(&RequestedOutput::name, "scores")));
  EXPECT_TRUE(made.request->outputs[0].destination.empty());
}

TEST_F(TransformStageTest, BoundsWhatAllRequestsBecome) {
  TransformStage stage({.max_bytes = 2 * kRowBytes}, pool_);
  Made first = Run(stage, Request(Pictures({png_, png_})));
  ASSERT_TRUE(first.status.ok()) << first.status;
  EXPECT_EQ(stage.memory().used_bytes(), 2 * kRowBytes);
  const Made refused = Run(stage, Request(Pictures({png_})));
  EXPECT_EQ(refused.status.code(), StatusCode::kOverloaded);
  EXPECT_THAT(refused.status.message(), HasSubstr("input 'pixels': pictures that become 192 bytes"));
  EXPECT_EQ(Run(stage, Request(Pictures({png_, png_, png_}))).status.code(), StatusCode::kTooLarge);
  first.request.reset();
  EXPECT_TRUE(Run(stage, Request(Pictures({png_}))).status.ok());
}

TEST_F(TransformStageTest, GivesMemoryBackWhereAPictureIsWrong) {
  TransformStage stage({.max_bytes = kRowBytes}, pool_);
  const std::string cut = png_.substr(0, png_.size() - 20);
  EXPECT_EQ(Run(stage, Request(Pictures({cut}))).status.code(), StatusCode::kInvalidArgument);
  // The worker lets go behind its answer.
  while (stage.memory().used_bytes() > 0) std::this_thread::yield();
}

TEST_F(TransformStageTest, LooksAtNothingForAClientThatHasGone) {
  TransformStage stage({}, pool_);
  auto request = Request(Pictures({"no picture"}));
  request->cancellation = Cancellation::Make();
  request->cancellation.Cancel();
  const Made made = Run(stage, std::move(request));
  EXPECT_EQ(made.status.code(), StatusCode::kCancelled);
  EXPECT_EQ(stage.memory().used_bytes(), 0u);
}

TEST_F(TransformStageTest, LooksAtNothingBehindTheDeadline) {
  TransformStage stage({}, pool_);
  auto request = Request(Pictures({"no picture"}));
  request->deadline = TimePoint();
  EXPECT_EQ(Run(stage, std::move(request)).status.code(), StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace trireme
