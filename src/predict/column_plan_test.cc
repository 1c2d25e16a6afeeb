// SPDX-License-Identifier: Apache-2.0
#include "predict/column_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::predict {
namespace {

using Names = std::vector<std::string>;
using testing::HasSubstr;

std::vector<table::Column> Table(const Names& names) {
  std::vector<table::Column> columns;
  for (const std::string& name : names) columns.push_back({.name = name});
  return columns;
}

Signature Matrix(int64_t width, Names names = {}) {
  return {.inputs = {{.name = "x", .shape = Shape({Shape::kAny, width}), .element_names = std::move(names)}},
          .batched = true};
}

Signature Two(bool second_is_optional = false) {
  return {.inputs = {{.name = "age", .shape = Shape({Shape::kAny, 1})},
                     {.name = "place", .shape = Shape({Shape::kAny, 2}), .optional = second_is_optional}},
          .batched = true};
}

Names ColumnsOf(const Result<ColumnPlan>& plan, size_t input = 0) {
  if (!plan.ok()) return {plan.status().message()};
  return plan->inputs[input].columns;
}

TEST(PlanColumns, GoesByTheNamesOfFeatures) {
  EXPECT_EQ(ColumnsOf(PlanColumns(Matrix(2, {"a", "b"}), Table({"b", "id", "a"}), {})), (Names{"a", "b"}));
}

TEST(PlanColumns, NamesFeaturesThatTheTableLacks) {
  EXPECT_THAT(ColumnsOf(PlanColumns(Matrix(3, {"a", "b", "c"}), Table({"b", "id"}), {}))[0],
              HasSubstr("2 columns that the table lacks: \"a\", \"c\""));
}

TEST(PlanColumns, GoesByOrderWhereNoNameIsKnown) {
  const auto table = Table({"id", "p", "q"});
  EXPECT_EQ(ColumnsOf(PlanColumns(Matrix(2), table, {.exclude = {"id"}})), (Names{"p", "q"}));
  EXPECT_EQ(ColumnsOf(PlanColumns(Matrix(2), table, {.keep = {"id"}})), (Names{"p", "q"}));
  EXPECT_THAT(ColumnsOf(PlanColumns(Matrix(2), table, {}))[0],
              HasSubstr("the model takes 2 columns, the table has 3: \"id\", \"p\", \"q\""));
}

TEST(PlanColumns, TakesChosenOnesInTheirOrder) {
  EXPECT_EQ(ColumnsOf(PlanColumns(Matrix(2, {"p", "q"}), Table({"p", "q"}), {.columns = {"q", "p"}})),
            (Names{"q", "p"}));
}

TEST(PlanColumns, WhatIsKeptMayGoInByName) {
  const auto plan = PlanColumns(Matrix(2, {"p", "q"}), Table({"p", "q"}), {.keep = {"p"}});
  EXPECT_EQ(ColumnsOf(plan), (Names{"p", "q"}));
  EXPECT_EQ(plan->keep, Names{"p"});
}

TEST(PlanColumns, FillsSeveralInputsByTheirNames) {
  const auto plan = PlanColumns(Two(), Table({"place_1", "id", "place_0", "age"}), {});
  EXPECT_EQ(ColumnsOf(plan, 0), Names{"age"});
  EXPECT_EQ(ColumnsOf(plan, 1), (Names{"place_0", "place_1"}));
}

TEST(PlanColumns, LeavesOptionalInputsOut) {
  const auto plan = PlanColumns(Two(true), Table({"age", "id"}), {});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->inputs.size(), 1u);
}

TEST(PlanColumns, AWidthThatIsOpenIsThatOfTheTable) {
  EXPECT_EQ(ColumnsOf(PlanColumns(Matrix(Shape::kAny), Table({"p", "q", "r"}), {})), (Names{"p", "q", "r"}));
}

TEST(PlanColumns, RefusesRowsThatNoTableHas) {
  const Signature huge = {.inputs = {{.name = "x", .shape = Shape({Shape::kAny, 1 << 20, 1 << 20})}}, .batched = true};
  EXPECT_THAT(ColumnsOf(PlanColumns(huge, Table({"p"}), {}))[0], HasSubstr("too many elements"));
}

}  // namespace
}  // namespace trireme::predict
