// SPDX-License-Identifier: Apache-2.0
#include "base/memory_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace trireme {
namespace {

constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;

TEST(MemoryPoolTest, GivesAtLeastWhatWasAskedForAndAligned) {
  MemoryPool pool;
  for (const size_t bytes : {size_t{0}, size_t{1}, 4 * kKiB, 4 * kKiB + 1, 600 * kKiB, 64 * kMiB, 64 * kMiB + 1}) {
    const MemoryPool::Block block = pool.Take(bytes);
    EXPECT_GE(block.capacity, bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block.data.get()) % MemoryPool::kAlignment, 0U);
    if (bytes > 0) block.data.get()[bytes - 1] = std::byte{1};  // the sanitizers watch
  }
}

TEST(MemoryPoolTest, RoundsUpToPowersOfTwoFromFourKibibytes) {
  MemoryPool pool;
  EXPECT_EQ(pool.Take(1).capacity, 4 * kKiB);
  EXPECT_EQ(pool.Take(4 * kKiB).capacity, 4 * kKiB);
  EXPECT_EQ(pool.Take(4 * kKiB + 1).capacity, 8 * kKiB);
  EXPECT_EQ(pool.Take(64 * kMiB).capacity, 64 * kMiB);
  EXPECT_EQ(pool.Take(64 * kMiB + 1).capacity, 64 * kMiB + 1);
}

TEST(MemoryPoolTest, GivesABlockAgainWhenItsLastHolderLetsGo) {
  MemoryPool pool;
  MemoryPool::Block block = pool.Take(5 * kKiB);
  const std::byte* const address = block.data.get();
  std::shared_ptr<std::byte> view = block.data;
  block = {};
  EXPECT_EQ(pool.idle_bytes(), 0);
  view.reset();
  EXPECT_EQ(pool.idle_bytes(), 8 * kKiB);
  EXPECT_EQ(pool.Take(8 * kKiB).data.get(), address);
  EXPECT_EQ(pool.idle_bytes(), 8 * kKiB);
}

TEST(MemoryPoolTest, KeepsNoMoreIdleThanItsBound) {
  MemoryPool pool({.max_idle_bytes = 8 * kKiB});
  { const std::vector<MemoryPool::Block> blocks = {pool.Take(1), pool.Take(1), pool.Take(1)}; }
  EXPECT_EQ(pool.idle_bytes(), 8 * kKiB);
}

TEST(MemoryPoolTest, DoesNotKeepWhatIsLargerThanItsClasses) {
  MemoryPool pool;
  pool.Take(64 * kMiB + 1);
  EXPECT_EQ(pool.idle_bytes(), 0);
}

TEST(MemoryPoolTest, TrimLetsGoOfWhatWasIdleSinceTheLastOne) {
  MemoryPool pool;
  {
    const MemoryPool::Block a = pool.Take(600 * kKiB);
    const MemoryPool::Block b = pool.Take(600 * kKiB);
    pool.Take(1);
  }
  EXPECT_EQ(pool.idle_bytes(), 2 * kMiB + 4 * kKiB);
  pool.Trim();
  EXPECT_EQ(pool.idle_bytes(), 2 * kMiB + 4 * kKiB) << "all were used a moment ago";
  pool.Take(600 * kKiB);
  pool.Trim();
  EXPECT_EQ(pool.idle_bytes(), kMiB) << "one was used again";
  pool.Trim();
  EXPECT_EQ(pool.idle_bytes(), 0);
}

TEST(MemoryPoolTest, ABlockMayOutliveThePool) {
  auto pool = std::make_unique<MemoryPool>();
  const MemoryPool::Block block = pool->Take(100);
  pool.reset();
  std::memset(block.data.get(), 7, 100);
  EXPECT_EQ(block.data.get()[99], std::byte{7});
}

TEST(MemoryPoolTest, NoTwoThreadsHoldTheSameBlock) {
  MemoryPool pool;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, mark = static_cast<std::byte>(t)] {
      for (int i = 0; i < 500; ++i) {
        const MemoryPool::Block block = pool.Take(4 * kKiB);
        std::memset(block.data.get(), static_cast<int>(mark), 64);
        std::this_thread::yield();
        EXPECT_EQ(block.data.get()[63], mark);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace trireme
