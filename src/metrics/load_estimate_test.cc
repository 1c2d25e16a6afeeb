// SPDX-License-Identifier: Apache-2.0
#include "metrics/load_estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace trireme::metrics {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{hours(100)};

// A model that is asked at a steady rate, and looked at now and then.
class Model {
 public:
  double rate = 0;                       // of requests that come, a second
  double most_run = 1e9;                 // of these, that are run
  Duration run_time = milliseconds(20);  // of one
  Duration around_time = Duration(0);    // of one
  Duration interval = seconds(1);        // between looks
  double saving = 1;                     // of full batches

  // Goes on for so long; what the estimate says at each look.
  std::vector<double> Go(Duration time) {
    std::vector<double> seen;
    for (const TimePoint end = now_ + time; now_ < end;) {
      now_ += interval;
      const double elapsed = std::chrono::duration<double>(interval).count();
      came_ += rate * elapsed;
      const double ran = std::min(rate, most_run) * elapsed;
      run_ += ran;
      totals_.came = static_cast<uint64_t>(std::llround(came_));
      totals_.run = static_cast<uint64_t>(std::llround(run_));
      totals_.run_time += Duration(std::llround(ran * static_cast<double>(run_time.count())));
      totals_.around_time += Duration(std::llround(ran * static_cast<double>(around_time.count())));
      const auto as_run = Duration(std::llround(ran * static_cast<double>(run_time.count())));
      totals_.as_run += as_run;
      totals_.when_full += std::chrono::duration_cast<Duration>(as_run * saving);
      estimate_.Update(totals_, now_);
      seen.push_back(estimate_.processors());
    }
    return seen;
  }

 private:
  TimePoint now_ = kStart;
  double came_ = 0;
  double run_ = 0;
  WorkTotals totals_;
  DemandEstimate estimate_{totals_, kStart};
};

TEST(DemandEstimate, IsThatOfFullBatchesHoweverSmallTheyAre) {
  Model model;
  model.rate = 100;
  model.saving = 0.25;
  EXPECT_NEAR(model.Go(seconds(60)).back(), 0.5, 0.01);
  // It fills its batches now, with more that comes: the same estimate of what one takes then, all the way.
  model.rate = 400;
  model.run_time = milliseconds(5);
  model.saving = 1;
  for (const double processors : model.Go(seconds(60))) EXPECT_LT(processors, 2.6);
  EXPECT_NEAR(model.Go(seconds(1)).back(), 2, 0.02);
  model.most_run = 0;
  EXPECT_NEAR(model.Go(seconds(60)).back(), 2, 0.02) << "nobody runs it any more";
}

TEST(DemandEstimate, IsTheRateTimesWhatOneTakes) {
  Model model;
  model.rate = 100;
  EXPECT_NEAR(model.Go(seconds(60)).back(), 2, 0.01);
}

TEST(DemandEstimate, CountsWhatIsAroundARun) {
  Model model;
  model.rate = 100;
  model.around_time = milliseconds(5);
  EXPECT_NEAR(model.Go(seconds(60)).back(), 100 * (0.020 + 0.005), 0.01);
}

TEST(DemandEstimate, CountsWhatIsTurnedAway) {
  Model model;
  model.rate = 500;
  model.most_run = 50;
  EXPECT_NEAR(model.Go(seconds(60)).back(), 500 * 0.020, 0.1);
}

TEST(DemandEstimate, ShowsAStepWithin15SecondsAndFromOneSideAlone) {
  for (const Duration interval : {Duration(milliseconds(200)), Duration(seconds(1)), Duration(seconds(15))}) {
    Model model;
    model.interval = interval;
    model.rate = 50;
    model.Go(seconds(60));
    model.rate = 150;
    const std::vector<double> rise = model.Go(seconds(15));
    EXPECT_GE(rise.back(), 1 + 0.94 * 2);
    EXPECT_LE(rise.back(), 3.01);
    EXPECT_TRUE(std::ranges::is_sorted(rise));
    model.Go(seconds(60));
    model.rate = 0;
    const std::vector<double> fall = model.Go(seconds(15));
    EXPECT_LE(fall.back(), 0.06 * 3);
    EXPECT_TRUE(std::ranges::is_sorted(fall, std::greater<>()));
  }
}

TEST(DemandEstimate, IsSteadyWhileLongRunsEndNowAndThen) {
  // One every 2 s, of 8 s each: what a look sees of them comes in lumps.
  WorkTotals totals;
  DemandEstimate estimate(totals, kStart);
  double least = 1e9;
  double most = 0;
  for (int second = 1; second <= 300; ++second) {
    if (second % 2 == 0) ++totals.came;
    if (second % 2 == 0 && second > 8) {
      ++totals.run;
      totals.run_time += seconds(8);
    }
    estimate.Update(totals, kStart + seconds(second));
    if (second < 60) continue;
    least = std::min(least, estimate.processors());
    most = std::max(most, estimate.processors());
  }
  EXPECT_GT(least, 4 * 0.85);
  EXPECT_LT(most, 4 * 1.15);
}

TEST(DemandEstimate, KnowsWhatRequestsTookThatNobodyRunsAnyMore) {
  Model model;
  model.rate = 100;
  model.Go(seconds(30));
  model.most_run = 0;
  EXPECT_NEAR(model.Go(seconds(3600)).back(), 2, 0.05);
}

TEST(DemandEstimate, IsNothingBeforeAnythingCame) {
  Model model;
  EXPECT_EQ(model.Go(hours(10)).back(), 0);
  model.most_run = 0;
  model.rate = 10;
  EXPECT_EQ(model.Go(seconds(60)).back(), 0);  // nobody knows what one takes
}

TEST(DemandEstimate, DoesNotCountWhatWasBeforeIt) {
  const WorkTotals before{.came = 1'000'000, .run = 1'000'000, .run_time = hours(10)};
  DemandEstimate estimate(before, kStart);
  estimate.Update(before, kStart + seconds(1));
  EXPECT_EQ(estimate.processors(), 0);
}

TEST(DemandEstimate, BearsClocksThatJumpAndCountsThatBeginAnew) {
  WorkTotals totals{.came = 100, .run = 100, .run_time = seconds(2)};
  DemandEstimate estimate({}, kStart);
  estimate.Update(totals, kStart - hours(1));
  estimate.Update(totals, kStart);
  EXPECT_EQ(estimate.processors(), 0);
  estimate.Update(totals, kStart + seconds(1));
  const double demand = estimate.processors();
  EXPECT_GT(demand, 0);
  estimate.Update({}, kStart + seconds(2));
  EXPECT_LT(estimate.processors(), demand);
  EXPECT_GE(estimate.processors(), 0);
  estimate.Update({.came = 1, .run = 1, .run_time = milliseconds(1)}, kStart + hours(1'000'000));
  EXPECT_TRUE(std::isfinite(estimate.processors()));
}

TEST(LoadRatio, IsOneWhenAModelIsAskedForAllThatItCanHave) {
  EXPECT_DOUBLE_EQ(LoadRatio({.processors = 4, .most_processors = 4}, 8), 1);
  EXPECT_DOUBLE_EQ(LoadRatio({.processors = 8, .most_processors = 16}, 8), 1);
  EXPECT_DOUBLE_EQ(LoadRatio({.processors = 8, .most_processors = 16, .allowed_utilisation = 0.5}, 8), 2);
  // Instances on another device are not bounded by the processors.
  EXPECT_DOUBLE_EQ(LoadRatio({.processors = 8, .most_processors = 16, .on_processors = false}, 2), 0.5);
}

TEST(LoadRatio, OfAServerIsThatOfAllModelsTogetherOrOfTheWorst) {
  const ModelDemand half{.processors = 2, .most_processors = 4};
  const ModelDemand tight{.processors = 1.5, .most_processors = 1};
  const ModelDemand elsewhere{.processors = 0.9, .most_processors = 1, .on_processors = false};
  EXPECT_DOUBLE_EQ(LoadRatio(std::vector{half, half, half}, 4), 1.5);
  EXPECT_DOUBLE_EQ(LoadRatio(std::vector{half, half, half}, 4, 1), 1.75);
  EXPECT_DOUBLE_EQ(LoadRatio(std::vector{half, tight}, 8), 1.5);
  EXPECT_DOUBLE_EQ(LoadRatio(std::vector{half, elsewhere}, 8), 0.9);
  EXPECT_DOUBLE_EQ(LoadRatio(std::span<const ModelDemand>(), 8), 0);
}

TEST(LoadRatio, DividesByNothingThatIsNone) {
  const ModelDemand odd{.processors = 1, .most_processors = 0, .allowed_utilisation = 0};
  EXPECT_DOUBLE_EQ(LoadRatio(odd, 0), 20);
  EXPECT_DOUBLE_EQ(LoadRatio(std::vector{odd}, 0), 20);
}

TEST(ReplicasWanted, AddUpToTheirNumber) {
  // Three servers with 2.4 times what one can bear between them.
  EXPECT_DOUBLE_EQ(std::ceil(ReplicasWanted(0.6) + ReplicasWanted(0.8) + ReplicasWanted(1.0)), 3);
  EXPECT_DOUBLE_EQ(ReplicasWanted(0), 0);
  EXPECT_DOUBLE_EQ(ReplicasWanted(kTargetLoadRatio), 1);
}

}  // namespace
}  // namespace trireme::metrics
