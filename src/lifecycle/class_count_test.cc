// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/class_count.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trireme {
namespace {

std::string Difference(size_t names, const Shape& shape, transform::AnswerKind kind = transform::AnswerKind::kClasses) {
  const Signature signature{.outputs = {{.name = "y", .type = DataType::kFp32, .shape = shape}}};
  transform::ModelTransform transform;
  transform.answer.emplace();
  transform.answer->kind = kind;
  transform.answer->outputs = {"y"};
  transform.answer->names = transform::ClassNames(std::vector<std::string>(names, "cat"));
  return DifferenceOfNames(transform, signature);
}

TEST(ClassCountTest, SaysThatThereAreMoreOrFewerNamesThanClasses) {
  EXPECT_EQ(Difference(1000, {Shape::kAny, 1001}), "1000 names for the 1001 classes of output 'y'");
  EXPECT_EQ(Difference(2, {1}), "2 names for the 1 classes of output 'y'");
}

TEST(ClassCountTest, SaysNothingWhereTheyAreAsManyOrNobodyKnows) {
  EXPECT_EQ(Difference(3, {Shape::kAny, 3}), "");
  EXPECT_EQ(Difference(0, {Shape::kAny, 3}), "");
  EXPECT_EQ(Difference(2, {Shape::kAny, Shape::kAny}), "");
  EXPECT_EQ(Difference(2, {Shape::kAny, 3}, transform::AnswerKind::kDetections), "");
  EXPECT_EQ(DifferenceOfNames({}, {}), "");
}

}  // namespace
}  // namespace trireme
