// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme {
namespace {

TEST(StatusTest, IsOkByDefault) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_EQ(status.ToString(), "ok");
}

TEST(StatusTest, EachHelperMakesItsCode) {
  EXPECT_EQ(InvalidArgument("").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(NotFound("").code(), StatusCode::kNotFound);
  EXPECT_EQ(TooLarge("").code(), StatusCode::kTooLarge);
  EXPECT_EQ(Overloaded("").code(), StatusCode::kOverloaded);
  EXPECT_EQ(Unavailable("").code(), StatusCode::kUnavailable);
  EXPECT_EQ(DeadlineExceeded("").code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Cancelled("").code(), StatusCode::kCancelled);
  EXPECT_EQ(Unsupported("").code(), StatusCode::kUnsupported);
  EXPECT_EQ(Internal("").code(), StatusCode::kInternal);
}

TEST(StatusTest, EveryCodeHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(StatusCode::kInternal); ++code) {
    const std::string_view name = Name(static_cast<StatusCode>(code));
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
    names.push_back(name);
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "unknown"), 0);
}

TEST(StatusTest, GathersWhatWasBeingDoneFromTheInsideOut) {
  const Status status = NotFound("no such file").Within("reading labels").Within("loading ocr/1");
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "loading ocr/1: reading labels: no such file");
}

TEST(StatusTest, OkStaysOkWithin) {
  EXPECT_EQ(Status().Within("loading").ToString(), "ok");
}

TEST(StatusTest, PrintsCodeAndMessage) {
  std::ostringstream out;
  out << TooLarge("4 MiB, over --max-body");
  EXPECT_EQ(out.str(), "too large: 4 MiB, over --max-body");
}

TEST(ResultTest, HoldsAValueOrTheReasonThereIsNone) {
  const Result<int> good = 3;
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 3);
  EXPECT_TRUE(good.status().ok());

  const Result<int> bad = NotFound("nothing");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().message(), "nothing");
}

TEST(ResultTest, GivesAwayWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  EXPECT_EQ(**result, 7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, WorksForTypesWithoutADefault) {
  struct Picky {
    explicit Picky(int n) : number(n) {}
    int number;
  };
  const Result<Picky> result = Picky(5);
  EXPECT_EQ(result->number, 5);
}

TEST(ResultDeathTest, ReadingTheValueOfAFailedResultEndsTheProcess) {
  Result<int> failed = Internal("broken");
  EXPECT_DEATH(failed.value(), "cannot happen: ok\\(\\)");
}

TEST(ResultDeathTest, OkIsNoReasonForAMissingValue) {
  EXPECT_DEATH(static_cast<void>(Result<int>(Status())), "cannot happen: !status_.ok\\(\\)");
}

Result<int> Half(int number) {
  if (number % 2 != 0) return InvalidArgument("odd");
  return number / 2;
}

Result<int> Quarter(int number) {
  ASSIGN_OR_RETURN(const int half, Half(number));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status CheckQuarter(int number, int expected) {
  ASSIGN_OR_RETURN(const int quarter, Quarter(number));
  RETURN_IF_ERROR(quarter == expected ? Status() : Internal("unexpected"));
  return {};
}

TEST(StatusMacrosTest, ReturnTheFirstErrorAndGoOnWithoutOne) {
  EXPECT_TRUE(CheckQuarter(8, 2).ok());
  EXPECT_EQ(CheckQuarter(8, 3).message(), "unexpected");
  EXPECT_EQ(CheckQuarter(6, 1).message(), "odd");
  EXPECT_EQ(Quarter(5).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace trireme
