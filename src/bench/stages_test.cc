// SPDX-License-Identifier: Apache-2.0
#include "bench/stages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace trireme::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

TEST(ParseStagesTest, ReadsUsersLengthAndRate) {
  const auto stages = ParseStages("10@30s:5/s,20@1m,0@500ms:0.5/s");
  ASSERT_TRUE(stages.ok()) << stages.status();
  EXPECT_THAT(*stages,
              ElementsAre(Stage{10, seconds(30), 5}, Stage{20, minutes(1), 0}, Stage{0, milliseconds(500), 0.5}));
  EXPECT_EQ(TotalLength(*stages), milliseconds(90'500));
  EXPECT_EQ(MostUsers(*stages), 20);
}

TEST(ParseStagesTest, AStageIsWrittenAsItIsRead) {
  for (const char* text : {"20@3s:10/s", "1@90s", "2@1m", "3@1500ms:0.5/s", "9@24h", "5@1ms"}) {
    EXPECT_EQ(ToText(ParseStages(text)->at(0)), text);
  }
  EXPECT_EQ(ToText({.users = 1, .length = seconds(120), .per_second = 0}), "1@2m");
}

TEST(ParseStagesTest, SaysWhereWhatWasExpected) {
  const auto error = [](const std::string& text) { return ParseStages(text).status().message(); };
  EXPECT_EQ(error(""), "at character 1 expected a number of users, found the end");
  EXPECT_EQ(error("ten@3s"), "at character 1 expected a number of users, found 'ten@3s'");
  EXPECT_EQ(error("10"), "at character 3 expected '@' and the stage's length, found the end");
  EXPECT_EQ(error("10@30"), "at character 6 expected a unit of time: ms, s, m or h, found the end");
  EXPECT_EQ(error("10@0s"), "at character 4 expected a length from 1ms to 24h, found '0s'");
  EXPECT_EQ(error("10@25h"), "at character 4 expected a length from 1ms to 24h, found '25h'");
  EXPECT_EQ(error("10@3s:5"), "at character 8 expected '/s', found the end");
  EXPECT_EQ(error("10@3s:0/s"), "at character 7 expected more than 0 users a second, found '0/s'");
  EXPECT_EQ(error("10@3s:x"), "at character 7 expected how many users come in a second, such as 5/s, found 'x'");
  EXPECT_EQ(error("10@3s;20@3s"), "at character 6 expected ',' and another stage, or the end, found ';20@3s'");
  EXPECT_EQ(error("10@3s,"), "at character 7 expected a number of users, found the end");
  EXPECT_EQ(error("-1@3s"), "at character 1 expected 0 to 10000 users, found '-1@3s'");
  EXPECT_EQ(error("10001@3s"), "at character 1 expected 0 to 10000 users, found '10001@3s'");
  EXPECT_EQ(error("0@3s"), "expected at least one user, found none in any stage");
}

TEST(UsersAtTest, UsersComeOneAfterTheOtherAndStay) {
  const std::vector<Stage> stages = {{3, seconds(10), 2}};
  EXPECT_EQ(UsersAt(stages, seconds(0)), 1);
  EXPECT_EQ(UsersAt(stages, milliseconds(499)), 1);
  EXPECT_EQ(UsersAt(stages, milliseconds(500)), 2);
  EXPECT_EQ(UsersAt(stages, seconds(1)), 3);
  EXPECT_EQ(UsersAt(stages, seconds(9)), 3);
}

TEST(UsersAtTest, AStageBeginsWithThoseWhoAreThere) {
  const std::vector<Stage> stages = {{10, seconds(2), 1}, {2, seconds(10), 1}, {4, seconds(1), 0}};
  EXPECT_EQ(UsersAt(stages, milliseconds(1'999)), 2);
  EXPECT_EQ(UsersAt(stages, seconds(2)), 2);  // three had come; one goes at once
  EXPECT_EQ(UsersAt(stages, seconds(11)), 2);
  EXPECT_EQ(UsersAt(stages, seconds(12)), 4);
  EXPECT_EQ(UsersAt(stages, seconds(100)), 4);
}

}  // namespace
}  // namespace trireme::bench
