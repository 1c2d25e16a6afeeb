// SPDX-License-Identifier: Apache-2.0
#include "net/body_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace trireme::net {
namespace {

bool IsAligned(const BodyBuffer& body, size_t at) {
  return (reinterpret_cast<uintptr_t>(body.bytes().data()) + at) % MemoryPool::kAlignment == 0;
}

std::string Text(const BodyBuffer& body) {
  return {reinterpret_cast<const char*>(body.bytes().data()), body.bytes().size()};
}

TEST(BodyBuffer, PutsTheByteAskedForOnABoundary) {
  MemoryPool pool;
  for (const size_t at : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    BodyBuffer body;
    body.Begin(pool, 5000, at);
    EXPECT_GE(body.Room().size(), 5000u);
    EXPECT_TRUE(IsAligned(body, at)) << at;
  }
}

TEST(BodyBuffer, KeepsBytesAndAlignmentWhenItGrows) {
  MemoryPool pool;
  BodyBuffer body;
  body.Begin(pool, 10, 7);
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + ";";
    body.Append(pool, piece);
    expected += piece;
  }
  EXPECT_EQ(Text(body), expected);
  EXPECT_TRUE(IsAligned(body, 7));
}

TEST(BodyBuffer, OutlivesItselfByItsStorage) {
  MemoryPool pool;
  std::shared_ptr<const void> storage;
  std::span<const std::byte> bytes;
  {
    BodyBuffer body;
    body.Begin(pool, 10, 0);
    body.Append(pool, "hello");
    storage = body.storage();
    bytes = body.bytes();
  }
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "hello");
}

}  // namespace
}  // namespace trireme::net
