// SPDX-License-Identifier: Apache-2.0
#include "repository/transform_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using transform::AnswerKind;
using transform::ImageSize;
using transform::ImageSteps;

TransformFile Parse(const std::string& yaml) {
  return ParseTransformFile(yaml, "m/trireme.yaml");
}

std::string WrongWith(const std::string& yaml) {
  std::string text;
  for (const Finding& finding : Parse(yaml).findings) text += finding.ToString() + "\n";
  return text;
}

TEST(TransformFile, SaysWhatIsDoneAroundAModel) {
  const TransformFile file = Parse(R"(
transform:
  image: {resize: 256, crop: 224, normalise: imagenet, colour: bgr, layout: nhwc, filter: bicubic, decode: full}
  classes: {top: 3, softmax: off, labels: labels.txt, output: y}
)");
  EXPECT_THAT(file.findings, IsEmpty());
  ASSERT_TRUE(file.wish.image && file.wish.answer);
  EXPECT_EQ(file.wish.image->resize, ImageSteps::ResizeTo::kShorterSide);
  EXPECT_EQ(file.wish.image->side, 256);
  EXPECT_EQ(file.wish.image->crop, (ImageSize{.width = 224, .height = 224}));
  EXPECT_EQ(file.wish.image->scale->known, transform::ValueScale::Known::kImagenet);
  EXPECT_FALSE(file.wish.image->no_crop);
  EXPECT_TRUE(file.wish.image->decode_in_full);
  EXPECT_EQ(file.wish.answer->kind, AnswerKind::kClasses);
  EXPECT_EQ(file.wish.answer->top, 3U);
  EXPECT_EQ(file.wish.answer->softmax, false);
  EXPECT_EQ(file.wish.answer->names_file, "labels.txt");
}

TEST(TransformFile, KnowsTheOtherForms) {
  const TransformFile file = Parse(R"(
transform:
  image:
    resize: {longest: 640}
    crop: none
    filling: 114
    normalise: {mean: [1, 2, 3.5], std: [1, 1, 1], divide_by_255: false}
  detections: {boxes: b, scores: s, classes: c, threshold: 0.25}
)");
  EXPECT_THAT(file.findings, IsEmpty());
  EXPECT_EQ(file.wish.image->resize, ImageSteps::ResizeTo::kLongestSide);
  EXPECT_TRUE(file.wish.image->no_crop);
  EXPECT_EQ(file.wish.image->filling, 114);
  EXPECT_FALSE(file.wish.image->scale->divide_by_255);
  EXPECT_EQ(file.wish.answer->threshold, 0.25F);
  EXPECT_THAT(Parse("").findings, IsEmpty());
  EXPECT_THAT(Parse("transform:\n").findings, IsEmpty());
}

TEST(TransformFile, NamesEveryMistakeByItsLine) {
  EXPECT_THAT(WrongWith("transform:\n  image:\n    resize: big\n    colour: red\n    x: 1\n"),
              AllOf(HasSubstr("trireme.yaml:3: transform.image.resize: expected a whole number from 1 to 65536"),
                    HasSubstr("trireme.yaml:4: transform.image.colour: expected one of rgb, bgr, grey, found"),
                    HasSubstr("trireme.yaml:5: transform.image.x: expected one of input, resize")));
  EXPECT_THAT(WrongWith("transform: {image: {crop: {width: 3}}}"), HasSubstr("expected width and height"));
  EXPECT_THAT(WrongWith("transform: {image: {resize: {}}}"), HasSubstr("width and height, found neither"));
  EXPECT_THAT(WrongWith("transform: {image: {normalise: {}}}"),
              AllOf(HasSubstr("transform.image.normalise: expected imagenet, minus_one_to_one"),
                    HasSubstr("found an empty map")));
  EXPECT_THAT(WrongWith("transform: {image: {crop: -1}}"), HasSubstr("transform.image.crop"));
  EXPECT_THAT(WrongWith("transform: {image: {filling: 256}}"), HasSubstr("from 0 to 255"));
  EXPECT_THAT(WrongWith("transform: {image: {normalise: {mean: 3}}}"), HasSubstr("a list of numbers"));
  EXPECT_THAT(WrongWith("transform: {classes: {top: 0}, segmentation: {}}"),
              AllOf(HasSubstr("transform.classes.top"), HasSubstr("one of classes, detections and segmentation")));
  EXPECT_THAT(WrongWith("transforms: {}"),
              HasSubstr("expected one of transform, slo, weight, cache, found the key 'transforms'"));
  EXPECT_THAT(WrongWith("transform: {image: {normalize: none}}"), HasSubstr("did you mean \"normalise\"?"));
  EXPECT_THAT(WrongWith("image:\n  resize: 8\n"), HasSubstr("trireme.yaml:1: image: expected one of transform, slo, weight, cache, found"));
  EXPECT_THAT(
      WrongWith("transform:\n  image:\n    normalise:\n      std: [1, 0.0, 1]\n"),
      HasSubstr("trireme.yaml:4: transform.image.normalise.std: expected numbers to divide by, none of them 0"));
  EXPECT_THAT(WrongWith("transform:\n  image:\n\t  resize: 8\n"), HasSubstr("line 3: expected YAML, whose lines are"));
  EXPECT_THAT(WrongWith("[1, 2"), HasSubstr("line 1: expected YAML"));
  EXPECT_THAT(WrongWith("transform:\n  image:\n    crop: 8\n    crop: 9\n"),
              HasSubstr("line 4: expected each key once, found \"crop\" again"));
  EXPECT_THAT(WrongWith("7"), HasSubstr("a map"));
}

TEST(TransformFile, SaysWhoWishesWhatDoesNotSuit) {
  ModelEntry entry;
  entry.folder = "/models/m";
  entry.transform.answer.emplace();
  const auto why_not = [&] { return FitTransformOf(entry, Signature(), {}).status().message(); };
  EXPECT_THAT(why_not(), HasSubstr("\"/models/m/trireme.yaml\": transform.classes.output"));
  entry.transform.said_by = "'a.mar', handler 'image_classifier'";
  EXPECT_THAT(why_not(), testing::StartsWith("'a.mar', handler 'image_classifier': transform.classes.output"));
}

TEST(TransformFile, ReadsNamesFromTheModelsFolderAlone) {
  const TempDir dir;
  dir.Write("m/labels.txt", "cat\r\ndog\n");
  dir.Write("m/index_to_name.json", R"({"1": ["n1", "cow"]})");
  dir.Write("secret.txt", "x");
  EXPECT_EQ(ReadClassNames(dir.path() / "m", "labels.txt")->NameOf(1), "dog");
  EXPECT_EQ(ReadClassNames(dir.path() / "m", "index_to_name.json")->NameOf(1), "cow");
  dir.Write("m/empty.txt", "");
  EXPECT_EQ(ReadClassNames(dir.path() / "m", "empty.txt").status().message(),
            "expected a line for each class, found none");
  EXPECT_EQ(ReadClassNames(dir.path() / "m", "../secret.txt").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadClassNames(dir.path() / "m", "none.txt").status().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace trireme
