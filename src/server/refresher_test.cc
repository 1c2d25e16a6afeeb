// SPDX-License-Identifier: Apache-2.0
#include "server/refresher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <new>

namespace trireme {
namespace {

TEST(Refresher, DoesItAgainAndAgain) {
  std::atomic<int> times = 0;
  std::promise<void> thrice;
  const Refresher refresher(std::chrono::milliseconds(1), [&] {
    if (++times == 3) thrice.set_value();
  });
  thrice.get_future().wait();
}

TEST(Refresher, DoesItAgainWhenThereWasNoMemoryForIt) {
  std::atomic<int> times = 0;
  std::promise<void> twice;
  const Refresher refresher(std::chrono::milliseconds(1), [&] {
    if (++times == 1) throw std::bad_alloc();
    if (times == 2) twice.set_value();
  });
  twice.get_future().wait();
}

TEST(Refresher, EndsWithoutWaitingForTheNextTime) {
  bool done = false;
  {
    const Refresher refresher(std::chrono::hours(24), [&] { done = true; });
  }
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace trireme
