// SPDX-License-Identifier: Apache-2.0
#include "base/quiet_thread.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
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
  IdleTime idle_time;
  RunQuietly({.niceness = before + 3, .idle_time = idle_time}, [&] {
    niceness = Niceness();
    policy = Policy();
  });
  EXPECT_EQ(niceness, before + 3);
  EXPECT_EQ(policy, MayLeaveIdle() ? SCHED_IDLE : SCHED_OTHER);
  EXPECT_EQ(Niceness(), before);
  EXPECT_EQ(Policy(), SCHED_OTHER);
}

// On one processor, which somebody else wants for himself.
TEST(RunQuietly, LeavesIdleTimeWhenItHasTooLittleOfIt) {
  std::thread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    std::atomic<bool> ended = false;
    std::thread busy([&] {
      while (!ended) continue;
    });
    IdleTime idle_time;
    RunQuietly({.idle_time = idle_time}, [] {
      while (Policy() != SCHED_OTHER) continue;  // until somebody sees that it starves
      EXPECT_EQ(Niceness(), QuietOptions().niceness);
    });
    EXPECT_EQ(idle_time.IsScarce(), MayLeaveIdle());
    RunQuietly({.idle_time = idle_time}, [] { EXPECT_EQ(Policy(), SCHED_OTHER); });  // it need not starve first
    ended = true;
    busy.join();
  }).join();
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
