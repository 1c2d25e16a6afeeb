// SPDX-License-Identifier: Apache-2.0
#include "transform/image_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::transform {
namespace {

using testing::HasSubstr;

PicturePlan Plan(const ImageSteps& steps, ImageSize size) {
  const auto plan = PlanPicture(steps, size);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : PicturePlan();
}

TEST(ImageSteps, ResizesTheShorterSideAndRoundsTheOtherDown) {
  const ImageSteps steps = ImagenetSteps();
  EXPECT_EQ(Plan(steps, {500, 375}).resized(), (ImageSize{341, 256}));
  EXPECT_EQ(Plan(steps, {375, 500}).resized(), (ImageSize{256, 341}));
  EXPECT_EQ(Plan(steps, {10, 10}).resized(), (ImageSize{256, 256}));
}

TEST(ImageSteps, CropsTheMiddleRoundedToEven) {
  ImageSteps steps;
  steps.crop = ImageSize{4, 4};
  const PicturePlan plan = Plan(steps, {7, 9});
  EXPECT_EQ(plan.across, (SidePlan{.resized = 7, .offset = 2, .count = 4, .total = 4}));  // 1.5
  EXPECT_EQ(plan.down, (SidePlan{.resized = 9, .offset = 2, .count = 4, .total = 4}));    // 2.5
}

TEST(ImageSteps, FillsUpWhatIsSmallerThanItsCrop) {
  ImageSteps steps;
  steps.crop = ImageSize{8, 4};
  const PicturePlan plan = Plan(steps, {5, 6});
  EXPECT_EQ(plan.across, (SidePlan{.resized = 5, .count = 5, .before = 1, .total = 8}));
  EXPECT_EQ(plan.down, (SidePlan{.resized = 6, .offset = 1, .count = 4, .total = 4}));
}

TEST(ImageSteps, FillsUpToASquare) {
  ImageSteps steps;
  steps.resize = ImageSteps::ResizeTo::kLongestSide;
  steps.side = 640;
  const PicturePlan plan = Plan(steps, {1280, 719});
  EXPECT_EQ(plan.resized(), (ImageSize{640, 360}));
  EXPECT_EQ(plan.down, (SidePlan{.resized = 360, .count = 360, .before = 140, .total = 640}));
  EXPECT_EQ(Plan(steps, {5000, 1}).resized(), (ImageSize{640, 1}));
}

TEST(ImageSteps, SaysTheShapeThatEveryPictureHas) {
  ImageSteps steps = ImagenetSteps();
  EXPECT_EQ(RowShape(steps), (Shape{3, 224, 224}));
  steps.layout = Layout::kNhwc;
  steps.order = ColourOrder::kGrey;
  EXPECT_EQ(RowShape(steps), (Shape{224, 224, 1}));
  steps.crop.reset();
  EXPECT_EQ(RowShape(steps), (Shape{Shape::kAny, Shape::kAny, 1}));
  const auto shape = RowShape(steps, {500, 375});
  ASSERT_TRUE(shape.ok());
  EXPECT_EQ(*shape, (Shape{256, 341, 1}));
}

TEST(ImageSteps, RefusesAPictureThatWouldGrowTooLarge) {
  ImageSteps steps = ImagenetSteps();
  EXPECT_THAT(PlanPicture(steps, {1, 60000}).status().message(), HasSubstr("would be resized to 256x15360000"));
  EXPECT_TRUE(PlanPicture(steps, {20, 60000}).ok());  // of which only the crop is made
  steps.crop.reset();
  EXPECT_THAT(PlanPicture(steps, {20, 60000}).status().message(), HasSubstr("at most 89478485 pixels"));
}

TEST(ImageSteps, NamesTheMemberThatDoesNotFit) {
  EXPECT_TRUE(CheckSteps(ImagenetSteps()).ok());
  const auto message = [](auto change) {
    ImageSteps steps = ImagenetSteps();
    change(steps);
    return CheckSteps(steps).message();
  };
  EXPECT_THAT(message([](ImageSteps& steps) { steps.mean = {1}; }), HasSubstr("mean: expected 3 numbers"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.deviation[1] = 0; }), HasSubstr("deviation: expected finite"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.side = 0; }), HasSubstr("resize: expected 1 to 65536 pixels"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.crop->height = -1; }), HasSubstr("crop height: expected"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.type = DataType::kUint8; }), HasSubstr("found UINT8"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.type = DataType::kInt32; }), HasSubstr("found INT32"));
  EXPECT_THAT(message([](ImageSteps& steps) { steps.resize = ImageSteps::ResizeTo::kLongestSide; }),
              HasSubstr("crop: expected none"));
}

}  // namespace
}  // namespace trireme::transform
