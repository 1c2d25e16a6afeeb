// SPDX-License-Identifier: Apache-2.0
#include "server/load_gauges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/manual_clock.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class LoadGaugesTest : public testing::Test {
 protected:
  LoadGaugesTest() {
    models_ = {{.id = {"a", 1}, .totals = {}, .threads = 1, .instances = 4, .goal = {}},
               {.id = {"b", 2},
                .totals = {},
                .threads = 2,
                .instances = 1,
                .goal = ServiceGoal{.quantile = 0.99, .latency = milliseconds(100)}}};
  }

  // So many requests a second come to a model, and are run in this time each, on all its threads.
  void Ask(ModelWork& model, uint64_t rate, Duration took) {
    model.totals.came += rate;
    model.totals.run += rate;
    model.totals.run_time += took * rate * model.threads;
  }
  template <typename EachSecond>
  void Pass(int seconds_long, EachSecond each) {
    for (int i = 0; i < seconds_long; ++i) {
      each();
      clock_.Advance(seconds(1));
      gauges_.Update();
    }
  }
  // The value of a line of the page, which begins so.
  double Value(const std::string& series) const {
    const std::string page = "\n" + registry_.Expose();
    const size_t at = page.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(page.substr(at + series.size() + 2));
  }

  ManualClock clock_;
  metrics::Registry registry_;
  std::vector<ModelWork> models_;
  std::vector<Duration> loops_{Duration(0), Duration(0)};
  LoadGauges gauges_{registry_,
                     {.models = [this] { return models_; }, .loop_times = [this] { return loops_; }, .processors = 4},
                     clock_};
};

TEST_F(LoadGaugesTest, AreNothingWhileNobodyAsks) {
  Pass(20, [] {});
  EXPECT_EQ(Value("trireme_load_ratio"), 0);
  EXPECT_EQ(Value("trireme_replicas_wanted"), 0);
  EXPECT_EQ(Value("trireme_model_load_ratio{model=\"a\",version=\"1\"}"), 0);
}

TEST_F(LoadGaugesTest, AreWhatIsWantedByWhatThereIs) {
  Pass(60, [this] {
    Ask(models_[0], 100, milliseconds(20));  // two processors of four
    Ask(models_[1], 10, milliseconds(40));   // 0.8 of its two
  });
  EXPECT_NEAR(Value("trireme_model_load_ratio{model=\"a\",version=\"1\"}"), 0.5, 0.01);
  EXPECT_NEAR(Value("trireme_model_load_ratio{model=\"b\",version=\"2\"}"), 0.4, 0.01);
  EXPECT_NEAR(Value("trireme_load_ratio"), 2.8 / 4, 0.01);
  EXPECT_NEAR(Value("trireme_replicas_wanted"), 2.8 / 4 / 0.8, 0.01);
}

TEST_F(LoadGaugesTest, AreThoseOfWhoeverIsWorstOff) {
  Pass(60, [this] { Ask(models_[1], 50, milliseconds(40)); });  // four processors, of its two
  EXPECT_NEAR(Value("trireme_load_ratio"), 2, 0.02);
  models_[1].allowed_utilisation = 0.5;
  Pass(1, [this] { Ask(models_[1], 50, milliseconds(40)); });
  EXPECT_NEAR(Value("trireme_load_ratio"), 4, 0.04);
}

TEST_F(LoadGaugesTest, ShowHowBusyTheLoopsAreWhereThatIsMore) {
  Pass(60, [this] {
    Ask(models_[0], 100, milliseconds(1));
    loops_[0] += milliseconds(900);
    loops_[1] += milliseconds(500);
  });
  EXPECT_NEAR(Value("trireme_load_ratio"), 0.7, 0.01);
  EXPECT_NEAR(Value("trireme_model_load_ratio{model=\"a\",version=\"1\"}"), 0.025, 0.001);
}

TEST_F(LoadGaugesTest, CountWhatConnectionsTakeOfTheProcessors) {
  Pass(60, [this] {
    Ask(models_[0], 100, milliseconds(20));  // two processors
    Ask(models_[1], 100, milliseconds(2));   // 0.4 of them, of which loops do the half, on one thread
    models_[1].totals.on_loops += milliseconds(200);
    loops_[0] += milliseconds(500);
    loops_[1] += milliseconds(500);
  });
  EXPECT_NEAR(Value("trireme_load_ratio"), (2 + 0.4 + 0.8) / 4, 0.01);
}

TEST_F(LoadGaugesTest, ShowTheGoalsOfModelsThatHaveOne) {
  gauges_.Update();
  EXPECT_EQ(Value("trireme_slo_seconds{model=\"b\",version=\"2\",quantile=\"0.99\"}"), 0.1);
  EXPECT_EQ(Value("trireme_late_ratio_allowed{model=\"b\",version=\"2\"}"), 0.01);
  EXPECT_THAT(registry_.Expose(), Not(HasSubstr("trireme_slo_seconds{model=\"a\"")));
  EXPECT_THAT(registry_.Expose(), Not(HasSubstr("trireme_late_ratio_allowed{model=\"a\"")));
}

TEST_F(LoadGaugesTest, ForgetModelsThatGoAndBeginAnewWithThoseThatCome) {
  Pass(30, [this] { Ask(models_[0], 100, milliseconds(20)); });
  const ModelWork gone = models_[0];
  models_.erase(models_.begin());
  Pass(1, [] {});
  EXPECT_EQ(Value("trireme_model_load_ratio{model=\"a\",version=\"1\"}"), -1);
  EXPECT_EQ(Value("trireme_load_ratio"), 0);
  models_.push_back(gone);  // with all that it has been asked before
  Pass(2, [] {});
  EXPECT_EQ(Value("trireme_model_load_ratio{model=\"a\",version=\"1\"}"), 0);
}

}  // namespace
}  // namespace trireme
