// SPDX-License-Identifier: Apache-2.0
#include "tracing/sampling.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

int Taken(Sampler& sampler, int requests, const std::optional<TraceParent>& parent = std::nullopt) {
  int taken = 0;
  for (int i = 0; i < requests; ++i) taken += sampler.Take(parent) ? 1 : 0;
  return taken;
}

TEST(Sampler, TakesNothingWhileItIsOff) {
  Sampler sampler({.timestamps = false, .rate = 1});
  EXPECT_EQ(Taken(sampler, 10), 0);
  EXPECT_EQ(Taken(sampler, 10, TraceParent{.sampled = true}), 0);
}

TEST(Sampler, TakesOneInRate) {
  Sampler sampler({.timestamps = true, .rate = 10});
  EXPECT_EQ(Taken(sampler, 100), 10);
  Sampler all({.timestamps = true, .rate = 1});
  EXPECT_EQ(Taken(all, 100), 100);
}

TEST(Sampler, DoesWhatTheCallerHasDecided) {
  Sampler sampler({.timestamps = true, .rate = 10});
  EXPECT_EQ(Taken(sampler, 100, TraceParent{.sampled = true}), 100);
  EXPECT_EQ(Taken(sampler, 100, TraceParent{.sampled = false}), 0);
}

TEST(Sampler, EndsWithItsCount) {
  Sampler sampler({.timestamps = true, .rate = 1, .count = 3});
  EXPECT_EQ(Taken(sampler, 10), 3);
  EXPECT_EQ(sampler.settings().count, 0);
  Sampler none({.timestamps = true, .rate = 1, .count = 0});
  EXPECT_EQ(Taken(none, 10), 0);
}

}  // namespace
}  // namespace trireme
