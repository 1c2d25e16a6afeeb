// SPDX-License-Identifier: Apache-2.0
#include "metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <tuple>

#include "metrics/stages.h"

namespace trireme::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

const FamilyName kJobs = {"jobs_total", "Jobs done."};

TEST(RegistryTest, ReturnsTheSameSeriesForTheSameNameAndLabels) {
  Registry registry;
  const auto counter = registry.GetCounter(kJobs, {{"model", "a"}});
  EXPECT_EQ(registry.GetCounter(kJobs, {{"model", "a"}}), counter);
  EXPECT_NE(registry.GetCounter(kJobs, {{"model", "b"}}), counter);
}

TEST(RegistryTest, WritesFamiliesByNameAndSeriesByLabels) {
  Registry registry;
  const auto b = registry.GetCounter(kJobs, {{"model", "b"}});
  const auto a = registry.GetCounter(kJobs, {{"model", "a"}});
  const auto gauge = registry.GetGauge({"depth", "How deep."});
  a->Add(2);
  gauge->Set(1.5);
  EXPECT_EQ(registry.Expose(),
            "# HELP depth How deep.\n# TYPE depth gauge\ndepth 1.5\n"
            "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\n"
            "jobs_total{model=\"a\"} 2\njobs_total{model=\"b\"} 0\n");
}

TEST(RegistryTest, ShowsASeriesOnlyWhileSomebodyHoldsIt) {
  Registry registry;
  auto counter = registry.GetCounter(kJobs, {{"model", "a"}});
  counter->Add(3);
  counter.reset();
  EXPECT_EQ(registry.Expose(), "");
  counter = registry.GetCounter(kJobs, {{"model", "a"}});
  EXPECT_EQ(counter->value(), 0u);
  EXPECT_THAT(registry.Expose(), HasSubstr("jobs_total{model=\"a\"} 0\n"));
}

TEST(RegistryTest, ReadsACallbackAtEachExposition) {
  Registry registry;
  double depth = 1;
  CallbackHandle handle = registry.ReadGauge({"depth", "How deep."}, {}, [&] { return depth; });
  EXPECT_THAT(registry.Expose(), HasSubstr("depth 1\n"));
  depth = 2;
  EXPECT_THAT(registry.Expose(), HasSubstr("depth 2\n"));
  handle = CallbackHandle();
  EXPECT_EQ(registry.Expose(), "");
}

TEST(RegistryTest, ASeriesThatIsGoneLeavesItsLabelsToAnother) {
  Registry registry;
  CallbackHandle handle = registry.ReadCounter(kJobs, {}, [] { return 7; });
  handle = CallbackHandle();
  const auto counter = registry.GetCounter(kJobs, {});
  EXPECT_EQ(counter->value(), 0);
}

TEST(RegistryTest, ACallbackDoesNotRunOnceItsHandleIsGone) {
  Registry registry;
  for (int i = 0; i < 50; ++i) {
    auto value = std::make_unique<std::atomic<int>>(1);
    std::thread reader([&] { registry.Expose(); });
    {
      const CallbackHandle handle = registry.ReadCounter(kJobs, {}, [number = value.get()] { return number->load(); });
      registry.Expose();
    }
    value.reset();  // a late reader would touch freed memory
    reader.join();
  }
}

TEST(RegistryTest, MayBeReadWhileSeriesComeCountAndGo) {
  Registry registry;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) registry.Expose();
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&registry, i] {
      for (int round = 0; round < 100; ++round) {
        RequestMetrics metrics(registry, "model" + std::to_string(i % 2), "1");
        metrics.ObserveStage(Stage::kCompute, std::chrono::microseconds(round));
        metrics.ObserveRequest(StatusCode::kOk, std::chrono::milliseconds(1));
        metrics.ObserveBatch(4);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(registry.Expose(), "");
}

TEST(RegistryDeathTest, RefusesASecondMeaningForAName) {
  Registry registry;
  const auto counter = registry.GetCounter(kJobs, {{"model", "a"}});
  EXPECT_DEATH(registry.GetGauge(kJobs, {{"model", "a"}}), "kind");
  EXPECT_DEATH(registry.GetCounter(kJobs, {{"version", "a"}}), "label_names");
  EXPECT_DEATH(registry.GetCounter({"jobs_total", "Else."}, {{"model", "a"}}), "help");
  EXPECT_DEATH(registry.GetCounter({"jobs-total", "Else."}), "IsMetricName");
  const CallbackHandle depth = registry.ReadGauge({"depth", "How deep."}, {}, [] { return 1; });
  EXPECT_DEATH(std::ignore = registry.ReadGauge({"depth", "How deep."}, {}, [] { return 2; }), "read_");
}

TEST(StagesTest, CountsRequestsByOutcome) {
  Registry registry;
  RequestMetrics metrics(registry, "m", "3");
  metrics.ObserveRequest(StatusCode::kDeadlineExceeded, std::chrono::milliseconds(3));
  const std::string text = registry.Expose();
  EXPECT_THAT(text, HasSubstr("trireme_requests_total{model=\"m\",version=\"3\",code=\"deadline_exceeded\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("trireme_requests_total{model=\"m\",version=\"3\",code=\"ok\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("trireme_request_duration_seconds_bucket{model=\"m\",version=\"3\",le=\"0.005\"} 1\n"));
}

TEST(StagesTest, TheSeriesOfAModelGoWithIt) {
  Registry registry;
  const RequestMetrics stays(registry, "stays", "1");
  { const RequestMetrics goes(registry, "goes", "1"); }
  EXPECT_THAT(registry.Expose(), HasSubstr("stays"));
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("goes")));
}

// Prometheus' own opinion. promtool is in Debian's package "prometheus".
TEST(StagesTest, PromtoolFindsNothingToSay) {
  Registry registry;
  RequestMetrics metrics(registry, "odd \"name\"\\\n", "1");
  metrics.ObserveStage(Stage::kQueue, std::chrono::seconds(100));
  metrics.ObserveBatch(3);
  const CallbackHandle memory = registry.ReadGauge({"trireme_memory_bytes", "Bytes."}, {}, [] { return 1e12; });

  FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string text = registry.Expose();
  EXPECT_EQ(fwrite(text.data(), 1, text.size(), promtool), text.size());
  EXPECT_EQ(pclose(promtool), 0) << "127: promtool is missing (apt-get install prometheus)\n" << text;
}

TEST(RegistryTest, ShowsFamiliesThatAreMadeUpForEachExposition) {
  Registry registry;
  const auto counter = registry.GetCounter(kJobs);
  std::vector<FamilySamples> families;
  CallbackHandle handle = registry.ReadFamilies([&] { return families; });
  EXPECT_EQ(registry.Expose(), "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 0\n");

  families = {{.family = {"zeal", "How keen."}, .kind = FamilySamples::Kind::kGauge, .samples = {{{}, 1}}},
              {.family = {"empty", "Nothing."}, .kind = FamilySamples::Kind::kGauge, .samples = {}},
              {.family = {"doors_total", "Doors."},
               .kind = FamilySamples::Kind::kCounter,
               .samples = {{{{"room", "a"}}, 2}, {{{"room", "b"}}, 3}}}};
  EXPECT_EQ(registry.Expose(),
            "# HELP doors_total Doors.\n# TYPE doors_total counter\n"
            "doors_total{room=\"a\"} 2\ndoors_total{room=\"b\"} 3\n"
            "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 0\n"
            "# HELP zeal How keen.\n# TYPE zeal gauge\nzeal 1\n");

  handle = CallbackHandle();
  EXPECT_THAT(registry.Expose(), Not(HasSubstr("zeal")));
}

TEST(RegistryTest, PutsPartsOfAFamilyTogether) {
  Registry registry;
  const auto doors = [](std::string room, double count) -> std::vector<FamilySamples> {
    return {{.family = {"doors", "Doors."}, .samples = {{{{"room", std::move(room)}}, count}}}};
  };
  const CallbackHandle a = registry.ReadFamilies([&] { return doors("a", 1); });
  const CallbackHandle b = registry.ReadFamilies([&] { return doors("b", 2); });
  EXPECT_EQ(registry.Expose(), "# HELP doors Doors.\n# TYPE doors gauge\ndoors{room=\"a\"} 1\ndoors{room=\"b\"} 2\n");
}

TEST(RegistryDeathTest, RefusesPartsThatDisagree) {
  Registry registry;
  const auto doors = [](std::string help) -> std::vector<FamilySamples> {
    return {{.family = {"doors", std::move(help)}, .samples = {{{}, 1}}}};
  };
  const CallbackHandle a = registry.ReadFamilies([&] { return doors("Doors."); });
  const CallbackHandle b = registry.ReadFamilies([&] { return doors("Gates."); });
  EXPECT_DEATH(registry.Expose(), "head");
}

}  // namespace
}  // namespace trireme::metrics
