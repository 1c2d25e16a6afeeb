// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/memory_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Phase = MemoryClaim::Phase;

MemoryClaim Asks(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kAsked, .bytes = bytes};
}
MemoryClaim Fills(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kAsked, .bytes = bytes, .may_evict = false};
}
MemoryClaim Holds(const std::string& name, uint64_t bytes, double value) {
  return {.id = {name, 1}, .phase = Phase::kHeld, .bytes = bytes, .may_go = true, .value = value};
}
MemoryClaim Pinned(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kHeld, .bytes = bytes, .may_go = false};
}
MemoryClaim Young(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kHeld, .bytes = bytes, .may_go = true, .too_early = true};
}
MemoryClaim Loads(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kPromised, .bytes = bytes, .may_go = true};
}
MemoryClaim Leaves(const std::string& name, uint64_t bytes) {
  return {.id = {name, 1}, .phase = Phase::kLeaving, .bytes = bytes};
}

MemoryPlan Plan(uint64_t budget, const std::vector<MemoryClaim>& claims, uint64_t other = 0) {
  return PlanMemory(budget, other, claims);
}

TEST(MemoryPlan, NobodyIsRefusedForWhatALoadNeedsUntilItHasEnded) {
  const MemoryPlan waits = Plan(100, {Pinned("a", 30), Loads("b", 20), Asks("c", 40)}, 30);
  EXPECT_THAT(waits.grant, IsEmpty());
  EXPECT_THAT(waits.refuse, IsEmpty());
  const MemoryPlan refused = Plan(100, {Pinned("a", 30), Pinned("b", 20), Asks("c", 40)}, 30);
  ASSERT_EQ(refused.refuse.size(), 1U);
  EXPECT_THAT(refused.refuse[0].reason, HasSubstr("requests and all else 30 bytes"));
  EXPECT_EQ(Plan(100, {Pinned("a", 30), Loads("b", 40), Asks("c", 71)}, 0).refuse.size(), 1U);
}

TEST(MemoryPlan, GrantsWhatFits) {
  const MemoryPlan plan = Plan(100, {Pinned("a", 40), Loads("b", 20), Asks("c", 40)});
  EXPECT_THAT(plan.grant, ElementsAre(2));
  EXPECT_THAT(plan.evict, IsEmpty());
}

TEST(MemoryPlan, LetsTheLeastValuableGo) {
  const MemoryPlan plan = Plan(100, {Holds("a", 40, 3), Holds("b", 40, 1), Holds("c", 20, 2), Asks("d", 30)});
  EXPECT_THAT(plan.evict, ElementsAre(1));
  EXPECT_THAT(plan.grant, IsEmpty());  // only once it has left
  EXPECT_THAT(plan.refuse, IsEmpty());
}

TEST(MemoryPlan, LetsNoMoreGoThanNeeded) {
  // The small one was chosen first, and the large one is enough alone.
  const MemoryPlan plan = Plan(100, {Holds("small", 10, 1), Holds("large", 60, 2), Pinned("p", 30), Asks("d", 50)});
  EXPECT_THAT(plan.evict, ElementsAre(1));
}

TEST(MemoryPlan, WaitsForWhatLeavesInsteadOfTakingMore) {
  const MemoryPlan plan = Plan(100, {Leaves("a", 50), Holds("b", 50, 1), Asks("c", 50)});
  EXPECT_THAT(plan.evict, IsEmpty());
  EXPECT_THAT(plan.grant, IsEmpty());
  EXPECT_FALSE(plan.waits_for_time);
}

TEST(MemoryPlan, KeepsWhatSomebodyWaitsForFromThoseBehind) {
  EXPECT_THAT(Plan(100, {Leaves("a", 50), Pinned("b", 30), Asks("large", 60), Asks("small", 20)}).grant, IsEmpty());
  EXPECT_THAT(Plan(100, {Leaves("a", 50), Pinned("b", 30), Asks("large", 60), Asks("small", 10)}).grant,
              ElementsAre(3));
}

TEST(MemoryPlan, RefusesWhatNeverFitsAndSaysWhoHoldsTheMemory) {
  const MemoryPlan plan = Plan(100, {Pinned("big", 60), Pinned("b", 20), Holds("c", 20, 1), Asks("d", 50)});
  ASSERT_EQ(plan.refuse.size(), 1U);
  EXPECT_FALSE(plan.refuse[0].for_now);
  EXPECT_THAT(plan.refuse[0].reason, HasSubstr("'d' version 1, which needs about 50 bytes of a budget of 100 bytes"));
  EXPECT_THAT(plan.refuse[0].reason, HasSubstr("big/1 holds 60 bytes, b/1 holds 20 bytes"));
  EXPECT_THAT(plan.evict, IsEmpty());  // nobody goes for nothing
}

TEST(MemoryPlan, RefusesWhatIsLargerThanTheBudget) {
  const MemoryPlan plan = Plan(100, {Holds("a", 20, 1), Asks("d", 101)});
  ASSERT_EQ(plan.refuse.size(), 1U);
  EXPECT_THAT(plan.evict, IsEmpty());
}

TEST(MemoryPlan, WaitsForThoseWhoCameAMomentAgo) {
  const MemoryPlan plan = Plan(100, {Young("a", 100), Asks("b", 50)});
  EXPECT_TRUE(plan.waits_for_time);
  EXPECT_THAT(plan.evict, IsEmpty());
  EXPECT_THAT(plan.refuse, IsEmpty());
}

TEST(MemoryPlan, WaitsForThoseWhoStillLoad) {
  const MemoryPlan plan = Plan(100, {Loads("a", 100), Asks("b", 50)});
  EXPECT_THAT(plan.refuse, IsEmpty());
  EXPECT_THAT(plan.evict, IsEmpty());
}

TEST(MemoryPlan, WaitsBehindThoseWhoAskedBefore) {
  const MemoryPlan plan = Plan(100, {Holds("a", 100, 1), Asks("b", 80), Asks("c", 80)});
  EXPECT_THAT(plan.evict, ElementsAre(0));
  EXPECT_THAT(plan.refuse, IsEmpty());
}

TEST(MemoryPlan, FillsWhatIsFreeAndNothingElse) {
  const MemoryPlan plan = Plan(100, {Holds("a", 60, 0), Fills("b", 30), Fills("c", 30), Fills("d", 10)});
  EXPECT_THAT(plan.grant, ElementsAre(1, 3));
  ASSERT_EQ(plan.refuse.size(), 1U);
  EXPECT_EQ(plan.refuse[0].claim, 2U);
  EXPECT_TRUE(plan.refuse[0].for_now);
  EXPECT_THAT(plan.evict, IsEmpty());
}

TEST(MemoryPlan, LoadsTakeMoreThanTheyLeave) {
  const auto with = [](MemoryClaim claim, uint64_t bytes) {
    claim.while_loading = bytes;
    return claim;
  };
  // A single one is never kept out.
  EXPECT_THAT(Plan(100, {with(Asks("a", 60), 200)}).grant, ElementsAre(0));
  // Another one waits until there is room for both, and nobody goes for it.
  const MemoryPlan plan = Plan(100, {with(Loads("a", 30), 50), Holds("b", 10, 1), with(Asks("c", 30), 50)});
  EXPECT_THAT(plan.grant, IsEmpty());
  EXPECT_THAT(plan.evict, IsEmpty());
  EXPECT_THAT(plan.refuse, IsEmpty());
  // So does who merely fills what is free: loads end.
  const MemoryPlan filling = Plan(100, {with(Loads("a", 30), 50), with(Fills("b", 30), 50)});
  EXPECT_THAT(filling.grant, IsEmpty());
  EXPECT_THAT(filling.refuse, IsEmpty());
  EXPECT_THAT(Plan(200, {with(Asks("a", 30), 50), with(Asks("b", 30), 50), with(Asks("c", 60), 50)}).grant,
              ElementsAre(0, 1));
}

TEST(MemoryPlan, CountsTheBytesOfRequests) {
  EXPECT_THAT(Plan(100, {Asks("a", 50)}, 60).grant, IsEmpty());
  EXPECT_EQ(Plan(100, {Asks("a", 50)}, 60).refuse.size(), 1U);
  EXPECT_EQ(Plan(100, {Holds("b", 10, 1), Asks("a", 50), Asks("c", 30)}, 60).refuse.size(), 1U);
  EXPECT_THAT(Plan(100, {Asks("a", 50)}, 50).grant, ElementsAre(0));
}

TEST(MemoryPlan, MakesRoomWhenMoreWasMeasuredThanPromised) {
  const MemoryPlan plan = Plan(100, {Holds("a", 60, 2), Holds("b", 50, 1)});
  EXPECT_THAT(plan.evict, ElementsAre(1));
}

TEST(MemoryPlan, ReplacesAVersionByItsSuccessorWhenBothHaveNoRoom) {
  MemoryClaim old = Holds("m", 60, 5);
  old.stands_in = true;
  MemoryClaim successor = Asks("m", 60);
  successor.id.version = 2;
  EXPECT_EQ(Plan(100, {old, Pinned("p", 40), successor}).refuse.size(), 1U);
  successor.may_replace = true;
  EXPECT_THAT(Plan(100, {old, Pinned("p", 40), successor}).evict, ElementsAre(0));
  // And not if others can go.
  EXPECT_THAT(Plan(100, {old, Holds("q", 40, 9), successor}).evict, ElementsAre(0));
  EXPECT_THAT(Plan(130, {old, Holds("q", 60, 9), successor}).evict, ElementsAre(1));
  // Nobody else's.
  EXPECT_EQ(Plan(100, {old, Pinned("p", 40), Asks("x", 60)}).refuse.size(), 1U);
}

TEST(MemoryPlan, KeepsWhatServesRatherThanReplaceItByItself) {
  // Its files are gone: nobody could bring it back.
  MemoryClaim again = Asks("m", 60);
  again.may_replace = true;
  const MemoryPlan plan = Plan(100, {Holds("m", 60, 1), again});
  EXPECT_EQ(plan.refuse.size(), 1U);
  EXPECT_THAT(plan.evict, IsEmpty());
}

TEST(MemoryPlan, WaitsForTimeOnlyIfThatHelps) {
  EXPECT_FALSE(Plan(100, {Pinned("a", 120)}).waits_for_time);
  EXPECT_FALSE(Plan(100, {Loads("a", 100), Asks("b", 50)}).waits_for_time);  // its end is told
  EXPECT_TRUE(Plan(100, {Young("a", 120)}).waits_for_time);
}

TEST(BytesText, ReadsWell) {
  EXPECT_EQ(BytesText(17), "17 bytes");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(uint64_t{8} << 30), "8.0 GiB");
  EXPECT_EQ(BytesText(uint64_t{97} << 20), "97 MiB");
}

}  // namespace
}  // namespace trireme
