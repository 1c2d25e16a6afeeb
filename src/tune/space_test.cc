// SPDX-License-Identifier: Apache-2.0
#include "tune/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace trireme::tune {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Space Read(std::string_view text) {
  auto space = ParseSpace(text);
  EXPECT_TRUE(space.ok()) << space.status();
  return space.ok() ? *space : Space();
}

std::string Problem(std::string_view text) {
  return ParseSpace(text).status().message();
}

TEST(ParseSpace, RangesDoubleAndEndWithTheirLast) {
  const Space space = Read("batch=1..32,callers=1..6,threads=3..3");
  EXPECT_THAT(space.batch, ElementsAre(1, 2, 4, 8, 16, 32));
  EXPECT_THAT(space.callers, ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(space.threads, ElementsAre(3));
  EXPECT_THAT(space.device, IsEmpty());
}

TEST(ParseSpace, RangesGoInSteps) {
  EXPECT_THAT(Read("callers=1..4+1").callers, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Read("batch=8..20+8").batch, ElementsAre(8, 16, 20));
}

TEST(ParseSpace, ListsGoOnUntilTheNextName) {
  const Space space = Read("device=cpu,cuda:0,delay=0,2ms,precision=fp32,int8,batch=1,2..8");
  EXPECT_THAT(space.device, ElementsAre("cpu", "cuda:0"));
  EXPECT_THAT(space.delay, ElementsAre(microseconds(0), microseconds(2000)));
  EXPECT_THAT(space.precision, ElementsAre(Precision::kFp32, Precision::kInt8));
  EXPECT_THAT(space.batch, ElementsAre(1, 2, 4, 8));
}

TEST(ParseSpace, SaysWhereItGoesWrong) {
  EXPECT_EQ(Problem("batch=1,calers=2"),
            "at character 9: expected batch, callers, threads, delay, device or precision, found 'calers'; did you "
            "mean \"callers\"?");
  EXPECT_THAT(Problem("batch=0"), HasSubstr("at character 1: batch: expected whole numbers from 1 to 1048576"));
  EXPECT_THAT(Problem("batch=4..1"), HasSubstr("found '4..1'"));
  EXPECT_THAT(Problem("batch=1..4+0"), HasSubstr("found '1..4+0'"));
  EXPECT_THAT(Problem("batch=1..9223372036854775807"), HasSubstr("expected whole numbers"));
  EXPECT_THAT(Problem("batch=1..1048576+1"), HasSubstr("expected at most 1000 values"));
  EXPECT_THAT(Problem("batch=2,1..4"), HasSubstr("expected each value once"));
  EXPECT_THAT(Problem("batch=1,batch=2"), HasSubstr("at character 9: expected each setting once"));
  EXPECT_THAT(Problem("1,2"), HasSubstr("at character 1: expected a setting and its values"));
  EXPECT_THAT(Problem(""), HasSubstr("expected a setting and its values"));
  EXPECT_THAT(Problem("batch="), HasSubstr("found ''"));
  EXPECT_THAT(Problem("delay=2"), HasSubstr("expected durations up to 1m"));
  EXPECT_THAT(Problem("delay=2m"), HasSubstr("expected durations up to 1m"));
  EXPECT_THAT(Problem("device=gpu"), HasSubstr("at character 1: device: "));
  EXPECT_THAT(Problem("precision=fp8"), HasSubstr("expected fp32, fp16 or int8, found 'fp8'"));
}

TEST(ParseSpace, ReadsWhatItWrites) {
  const Space space = Read("batch=1..4,callers=2,threads=1..3+1,delay=0,500us,device=cpu,precision=int8,fp16");
  EXPECT_THAT(ToText(space), HasSubstr("batch=1,2,4,callers=2,threads=1,2,3,delay=0"));
  EXPECT_THAT(ToText(space), HasSubstr(",500us,device=cpu,precision=int8,fp16"));
  EXPECT_EQ(Read(ToText(space)), space);
}

TEST(UsualSpace, GoesUpToTheProcessors) {
  EXPECT_THAT(UsualSpace(6).callers, ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(UsualSpace(1).threads, ElementsAre(1));
  EXPECT_THAT(UsualSpace(0).threads, ElementsAre(1));
  EXPECT_THAT(UsualSpace(2).batch, ElementsAre(1, 2, 4, 8, 16, 32));
}

TEST(FilledFrom, KeepsWhatWasSaid) {
  const Space filled = FilledFrom(Read("batch=3"), UsualSpace(2));
  EXPECT_THAT(filled.batch, ElementsAre(3));
  EXPECT_THAT(filled.callers, ElementsAre(1, 2));
}

TEST(CandidatesIn, AreAllCombinationsAndTheServersOwnChoice) {
  const auto candidates = CandidatesIn(Read("batch=1,2,callers=1,2,precision=fp32,int8"), {}, 0).value();
  ASSERT_EQ(candidates.size(), 10U);
  EXPECT_TRUE(candidates[0].is_automatic());
  EXPECT_EQ(candidates[0].precision, Precision::kFp32);
  EXPECT_TRUE(candidates[5].is_automatic());
  EXPECT_EQ(candidates[5].precision, Precision::kInt8);
  std::set<std::string> texts;
  for (const Candidate& candidate : candidates) texts.insert(ToText(candidate));
  EXPECT_EQ(texts.size(), 10U);
}

TEST(CandidatesIn, KeepNoMoreProcessorsBusyThanThereAre) {
  const auto candidates = CandidatesIn(Read("callers=1..4,threads=1..4"), {}, 4).value();
  EXPECT_TRUE(std::ranges::all_of(candidates, [](const Candidate& c) { return c.callers * c.threads <= 4; }));
  EXPECT_EQ(candidates.size(), 7U);  // 1x1 1x2 1x4 2x1 2x2 4x1, and the server's own choice
  // A GPU's callers wait for it, and do not keep processors busy.
  EXPECT_EQ(CandidatesIn(Read("callers=1..4,threads=1..4,device=cuda:0"), {}, 4)->size(), 10U);
}

TEST(CandidatesIn, LeaveAloneWhatTheModelsConfigDecides) {
  const auto candidates = CandidatesIn(Read("batch=1,2,callers=1,2"), {.batch = true}, 0).value();
  ASSERT_EQ(candidates.size(), 3U);
  for (const Candidate& candidate : candidates) EXPECT_EQ(candidate.max_batch, 0);
  EXPECT_EQ(CandidatesIn(Read("batch=1,2"), {.batch = true}, 0)->size(), 1U);
}

TEST(CandidatesIn, AreNotMoreThanAnybodyWouldWaitFor) {
  EXPECT_EQ(CandidatesIn(Read("batch=1..200+1,callers=1..50+1"), {}, 0)->size(), 10'001U);
  const auto many = CandidatesIn(Read("batch=1..201+1,callers=1..50+1"), {}, 0);
  EXPECT_EQ(many.status().code(), StatusCode::kTooLarge);
  EXPECT_THAT(many.status().message(), HasSubstr("at most 10000 combinations"));
  EXPECT_FALSE(CandidatesIn(Read("batch=1..1000+1,callers=1..1000+1,threads=1..1000+1"), {}, 0).ok());
}

TEST(Candidate, IsSaidInFlagsAndInWords) {
  const Candidate candidate = {.max_batch = 8,
                               .callers = 2,
                               .threads = 1,
                               .max_delay = microseconds(2000),
                               .device = "cuda:0",
                               .precision = Precision::kInt8};
  EXPECT_EQ(ToText(candidate), "batch 8, callers 2, threads 1, delay 2ms, cuda:0, int8");
  std::string flags;
  for (const Flag& flag : FlagsOf(candidate)) flags += " --" + flag.name + " " + flag.value;
  EXPECT_EQ(flags, " --max-batch 8 --instances 2 --threads 1 --max-delay 2ms --devices cuda:0");
  EXPECT_EQ(ToText(Candidate()), "as the server decides");
  EXPECT_EQ(ToText(Candidate{.device = "cpu"}), "as the server decides, cpu");
}

}  // namespace
}  // namespace trireme::tune
