// SPDX-License-Identifier: Apache-2.0
#include "transform/model_transform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transform/model_answer.h"
#include "transform/picture_bytes.h"

namespace trireme::transform {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TensorSpec Spec(const std::string& name, const Shape& shape, DataType type = DataType::kFp32) {
  return {.name = name, .type = type, .shape = shape};
}

Signature Classifier(const Shape& input = {-1, 3, 224, 224}, DataType type = DataType::kFp32) {
  return {.inputs = {Spec("input", input, type)}, .outputs = {Spec("output", {-1, 4})}};
}

TransformWish Pictures(ImageWish image = {}) {
  if (!image.scale) image.scale.emplace();
  return {.image = std::move(image), .answer = std::nullopt};
}

std::string WhyNot(const TransformWish& wish, const Signature& signature) {
  return FitTransform(wish, signature, {}).status().message();
}

TEST(ModelTransform, FollowsTheShapeOfTheModel) {
  const auto square = FitTransform(Pictures(), Classifier(), {});
  ASSERT_TRUE(square.ok()) << square.status();
  EXPECT_EQ(square->picture->steps.side, 256) << "as classifiers are evaluated";
  EXPECT_EQ(square->picture->steps.crop, (ImageSize{.width = 224, .height = 224}));
  EXPECT_EQ(square->picture->steps.layout, Layout::kNchw);
  EXPECT_TRUE(square->picture->has_rows);

  const auto wide = FitTransform(Pictures(), Classifier({-1, 300, 600, 1}), {});
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(wide->picture->steps.resize, ImageSteps::ResizeTo::kExact);
  EXPECT_EQ(wide->picture->steps.size, (ImageSize{.width = 600, .height = 300}));
  EXPECT_EQ(wide->picture->steps.order, ColourOrder::kGrey);

  const auto free = FitTransform(Pictures(), Classifier({3, -1, -1}), {});
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_EQ(free->picture->steps.resize, ImageSteps::ResizeTo::kAsItIs);
  EXPECT_FALSE(free->picture->has_rows);
}

ImageWish Known(ValueScale::Known known, std::optional<ColourOrder> order = {}) {
  return {.order = order, .scale = ValueScale{.known = known}};
}

TEST(ModelTransform, PutsKnownNumbersInTheOrderOfTheChannels) {
  constexpr auto kImagenet = ValueScale::Known::kImagenet;
  const auto rgb = FitTransform(Pictures(Known(kImagenet)), Classifier(), {});
  ASSERT_TRUE(rgb.ok()) << rgb.status();
  EXPECT_THAT(rgb->picture->steps.mean, ElementsAre(0.485F, 0.456F, 0.406F));
  const auto bgr = FitTransform(Pictures(Known(kImagenet, ColourOrder::kBgr)), Classifier(), {});
  ASSERT_TRUE(bgr.ok()) << bgr.status();
  EXPECT_THAT(bgr->picture->steps.mean, ElementsAre(0.406F, 0.456F, 0.485F));
  EXPECT_THAT(bgr->picture->steps.deviation, ElementsAre(0.225F, 0.224F, 0.229F));
  EXPECT_THAT(WhyNot(Pictures(Known(kImagenet)), Classifier({-1, 1, 224, 224})),
              HasSubstr("transform.image.normalise: expected minus_one_to_one"));
  const auto grey = FitTransform(Pictures(Known(ValueScale::Known::kMinusOneToOne)), Classifier({-1, 1, 224, 224}), {});
  ASSERT_TRUE(grey.ok()) << grey.status();
  EXPECT_THAT(grey->picture->steps.mean, ElementsAre(0.5F));
}

TEST(ModelTransform, CutsNothingOffWhereThatIsSaid) {
  const auto square = FitTransform(Pictures({.no_crop = true}), Classifier(), {});
  ASSERT_TRUE(square.ok()) << square.status();
  EXPECT_EQ(square->picture->steps.resize, ImageSteps::ResizeTo::kExact);
  EXPECT_FALSE(square->picture->steps.crop);
  EXPECT_THAT(
      WhyNot(Pictures({.resize = ImageSteps::ResizeTo::kShorterSide, .side = 256, .no_crop = true}), Classifier()),
      HasSubstr("transform.image.crop: expected a crop"));
  EXPECT_TRUE(FitTransform(Pictures({.resize = ImageSteps::ResizeTo::kShorterSide, .side = 256, .no_crop = true}),
                           Classifier({-1, 3, -1, -1}), {})
                  .ok());
}

Signature Detector(const TensorSpec& boxes, const TensorSpec& scores, const TensorSpec& classes) {
  return {.inputs = {Spec("input", {-1, 3, 224, 224})}, .outputs = {boxes, scores, classes}};
}

TEST(ModelTransform, SaysWhatIsNoDetection) {
  const TransformWish wish{.image = std::nullopt, .answer = AnswerWish{.kind = AnswerKind::kDetections}};
  const TensorSpec boxes = Spec("boxes", {-1, 4});
  const TensorSpec scores = Spec("scores", {-1});
  EXPECT_EQ(WhyNot(wish, Detector(boxes, scores, Spec("labels", {-1}, DataType::kInt64))), "");
  EXPECT_THAT(WhyNot(wish, Detector(boxes, scores, Spec("other", {-1}))),
              HasSubstr("transform.detections.classes: expected one of the model's outputs"));
  EXPECT_THAT(WhyNot(wish, Detector(boxes, scores, Spec("labels", {-1}, DataType::kUint8))),
              HasSubstr("transform.detections.classes: expected an output of INT64, INT32 or floating type, found "
                        "'labels' of UINT8 [-1]"));
  EXPECT_THAT(WhyNot(wish, Detector(boxes, scores, Spec("labels", {-1, -1}))),
              HasSubstr("transform.detections.classes: expected an output with 1 dimensions"));
  EXPECT_THAT(WhyNot(wish, Detector(Spec("boxes", {-1, -1, 4}), scores, Spec("labels", {-1, -1}))),
              HasSubstr("transform.detections.scores: expected an output with 2 dimensions"));
  EXPECT_THAT(WhyNot(wish, Detector(Spec("boxes", {-1, 5}), scores, Spec("labels", {-1}))),
              HasSubstr("transform.detections.boxes: expected an output whose last dimension is 4"));
}

TEST(ModelTransform, SaysWhatDoesNotSuitTheModel) {
  EXPECT_THAT(WhyNot({.image = ImageWish(), .answer = std::nullopt}, Classifier()),
              AllOf(HasSubstr("transform.image.normalise: expected imagenet"), HasSubstr("found nothing")));
  EXPECT_THAT(WhyNot(Pictures({.input = "x"}), Classifier()),
              HasSubstr("one of the model's inputs, 'input', found 'x'"));
  EXPECT_THAT(WhyNot(Pictures({.crop = ImageSize{.width = 100, .height = 100}}), Classifier()),
              HasSubstr("steps that make [3,224,224]"));
  EXPECT_THAT(WhyNot(Pictures(), Classifier({-1, 3, 3, 3})), HasSubstr("nchw or nhwc, which the shape does not tell"));
  EXPECT_THAT(WhyNot(Pictures(), Classifier({-1, 16})), HasSubstr("transform.image: expected a model with an input"));
  EXPECT_THAT(WhyNot({.image = std::nullopt, .answer = AnswerWish{.kind = AnswerKind::kSegmentation}}, Classifier()),
              HasSubstr("transform.segmentation.output: expected an output of floating type with 3 dimensions"));
  EXPECT_THAT(WhyNot({.image = std::nullopt, .answer = AnswerWish{.kind = AnswerKind::kDetections}}, Classifier()),
              HasSubstr("transform.detections.boxes: expected one of the model's outputs, 'output', found 'boxes'"));
}

TEST(ModelTransform, IsOfferedWhereNothingHasToBeGuessed) {
  const ModelLabels labels = {{"output", {"a", "b", "c", "d"}}};
  EXPECT_TRUE(OfferedTransform(Classifier(), labels).answer);
  EXPECT_FALSE(OfferedTransform(Classifier(), labels).picture) << "nobody knows how it was normalised";
  const ModelTransform whole = OfferedTransform(Classifier({-1, 224, 224, 3}, DataType::kUint8), labels);
  ASSERT_TRUE(whole.picture);
  EXPECT_FALSE(whole.picture->steps.divide_by_255);
  EXPECT_EQ(whole.answer->names.NameOf(2), "c");
  EXPECT_FALSE(OfferedTransform(Classifier(), {}).answer);
  EXPECT_FALSE(OfferedTransform(Classifier(), {{"output", {"a"}}}).answer) << "the labels are of something else";
}

Tensor Floats(const Shape& shape, const std::vector<float>& values) {
  return {.type = DataType::kFp32, .shape = shape, .data = Buffer::CopyOf(std::as_bytes(std::span(values)))};
}

ModelTransform::Answer Classes() {
  return {.kind = AnswerKind::kClasses,
          .outputs = {"output"},
          .top = 1,
          .names = ClassNames(std::vector<std::string>{"cat", "dog"})};
}

TEST(ModelAnswer, IsOneARow) {
  const std::vector<Tensor> outputs = {Floats({2, 2}, {0.9F, 0.1F, 0.25F, 0.75F})};
  const auto answers = AnswersOf(Classes(), outputs);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(*answers, ElementsAre(HasSubstr("\"cat\": 0.8999999761581421"), HasSubstr("\"dog\": 0.75")));
}

TEST(ModelAnswer, TakesASoftmaxOfWhatIsNoProbabilities) {
  const auto answers = AnswersOf(Classes(), std::vector<Tensor>{Floats({1, 2}, {0, 0})});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(*answers, ElementsAre(HasSubstr("\"cat\": 0.5")));
}

TEST(ModelAnswer, SaysWhatTheModelGaveInstead) {
  const auto other = AnswersOf(Classes(), std::vector<Tensor>{Floats({2, 2, 1}, {1, 2, 3, 4})});
  EXPECT_EQ(other.status().code(), StatusCode::kInternal);
  EXPECT_THAT(other.status().message(), HasSubstr("output 'output' of shape [2,2,1]"));
  EXPECT_TRUE(AnswersOf(Classes(), std::vector<Tensor>{Floats({0, 2}, {})})->empty());
}

// Whoever sends the tensor chooses its size, where the model leaves that open.
TEST(ModelAnswer, OfSegmentsIsNoLongerThanItMayBe) {
  const ModelTransform::Answer segments{.kind = AnswerKind::kSegmentation, .outputs = {"output"}};
  EXPECT_EQ(*AnswerBytes(segments, std::vector<Tensor>{Floats({2, 1, 2, 3}, {})}), 4 * SegmentationBytes(2, 3));
  const auto large = AnswerBytes(segments, std::vector<Tensor>{Floats({1, 1, 16384, 16384}, {})});
  EXPECT_EQ(large.status().code(), StatusCode::kTooLarge);
  EXPECT_THAT(large.status().message(), HasSubstr("at most 268435456 bytes of text, found [1,1,16384,16384]"));
  EXPECT_FALSE(AnswerBytes(segments, std::vector<Tensor>{Floats({1000, 1, 1024, 1024}, {})}).ok());
}

TEST(ModelAnswer, NamesWhatWasDetected) {
  const std::vector<int64_t> classes = {1, 0};
  const std::vector<Tensor> outputs = {
      Floats({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}),
      Floats({2}, {0.9F, 0.2F}),
      {.type = DataType::kInt64, .shape = {2}, .data = Buffer::CopyOf(std::as_bytes(std::span(classes)))}};
  const ModelTransform::Answer answer{.kind = AnswerKind::kDetections,
                                      .outputs = {"boxes", "scores", "labels"},
                                      .has_rows = false,
                                      .names = ClassNames(std::vector<std::string>{"cat", "dog"})};
  const auto answers = AnswersOf(answer, outputs);
  ASSERT_TRUE(answers.ok()) << answers.status();
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_THAT(answers->front(), AllOf(HasSubstr("\"dog\""), testing::Not(HasSubstr("\"cat\""))));
}

std::string BytesOf(std::string_view sent) {
  const auto bytes = PictureBytes::Of(sent);
  if (!bytes.ok()) return bytes.status().message();
  return {reinterpret_cast<const char*>(bytes->view().data()), bytes->view().size()};
}

TEST(PictureBytes, AreTheFileOrItsBase64) {
  EXPECT_EQ(BytesOf("\xff\xd8\xff and more"), "\xff\xd8\xff and more");
  EXPECT_EQ(BytesOf("/9j/"), "\xff\xd8\xff");
  EXPECT_EQ(BytesOf("data:image/jpeg;base64,/9j/"), "\xff\xd8\xff");
  EXPECT_EQ(BytesOf("neither"), "neither") << "the decoder says what is wrong with it";
  EXPECT_THAT(BytesOf("/9j/!"), HasSubstr("Base64"));
  EXPECT_EQ(BytesOf(""), "");
}

}  // namespace
}  // namespace trireme::transform
