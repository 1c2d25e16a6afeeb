// SPDX-License-Identifier: Apache-2.0
#include "base/quiet_thread.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

namespace trireme {
namespace {

int Niceness() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
}

int Policy() {
  return sched_getscheduler(0);
}

// Where the system lets nobody come back from it, it is not used.
bool MayLeaveIdle() {
  bool may = false;
  std::thread([&] {
    const sched_param param{};
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), QuietOptions().niceness);
    may = sched_setscheduler(0, SCHED_IDLE, &param) == 0 && sched_setscheduler(0, SCHED_OTHER, &param) == 0;
  }).join();
  return may;
}

TEST(RunQuietly, StandsBackWithoutTheCaller) {
  const int before = Niceness();
  int niceness = 0;
  int policy = -1;
  RunQuietly({.niceness = before + 3}, [&] {
    niceness = Niceness();
    policy = Policy();
  });
  EXPECT_EQ(niceness, before + 3);
  EXPECT_EQ(policy, MayLeaveIdle() ? SCHED_IDLE : SCHED_OTHER);
  EXPECT_EQ(Niceness(), before);
  EXPECT_EQ(Policy(), SCHED_OTHER);
}

TEST(RunQuietly, LeavesIdleTimeWhenItHasTooLittleOfIt) {
  RunQuietly({.look_every = std::chrono::milliseconds(1)}, [] {
    // As good as starved: it gives away what it gets. Ends because somebody sees it.
    while (Policy() != SCHED_OTHER) {
      timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
      nanosleep(&moment, nullptr);
    }
    EXPECT_EQ(Niceness(), QuietOptions().niceness);
  });
}

TEST(RunQuietly, PassesOnWhatTheJobThrows) {
  EXPECT_THROW(RunQuietly({}, [] { throw std::runtime_error("no"); }), std::runtime_error);
}

TEST(IsStarved, IsWhoHasLessThanAFifth) {
  using std::chrono::milliseconds;
  EXPECT_TRUE(IsStarved(milliseconds(0), milliseconds(500)));
  EXPECT_TRUE(IsStarved(milliseconds(99), milliseconds(500)));
  EXPECT_FALSE(IsStarved(milliseconds(101), milliseconds(500)));
}

}  // namespace
}  // namespace trireme
