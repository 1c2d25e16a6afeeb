// SPDX-License-Identifier: Apache-2.0
#include "tensor/buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

namespace trireme {
namespace {

std::string_view Text(const Buffer& buffer) {
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size()};
}

Buffer Of(std::string_view text) {
  return Buffer::CopyOf(std::as_bytes(std::span(text)));
}

TEST(BufferTest, IsEmptyByDefault) {
  const Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.data(), nullptr);
  EXPECT_EQ(buffer.kind(), MemoryKind::kHost);
}

TEST(BufferTest, TakesItsMemoryFromThePoolAndGivesItBack) {
  MemoryPool pool;
  Buffer buffer = Buffer::Take(pool, 100);
  EXPECT_EQ(buffer.size(), 100);
  std::memset(buffer.mutable_data(), 1, 100);
  const Buffer copy = buffer;
  EXPECT_EQ(copy.data(), buffer.data());
  buffer = Buffer();
  EXPECT_EQ(pool.idle_bytes(), 0);
  EXPECT_EQ(copy.data()[99], std::byte{1});
}

TEST(BufferTest, AViewKeepsItsOwnerAlive) {
  auto owner = std::make_shared<std::string>("a body from the network");
  const std::weak_ptr<std::string> alive = owner;
  Buffer view = Buffer::View(owner->data() + 2, 4, owner);
  owner.reset();
  EXPECT_EQ(Text(view), "body");
  view = Buffer();
  EXPECT_TRUE(alive.expired());
}

TEST(BufferTest, AViewSaysWhatMemoryItIs) {
  const std::array<std::byte, 4> memory = {};
  const Device device = *Device::Parse("cuda:1");
  const Buffer view = Buffer::View(memory.data(), memory.size(), nullptr, MemoryKind::kDevice, device);
  EXPECT_EQ(view.kind(), MemoryKind::kDevice);
  EXPECT_EQ(view.Slice(1, 2).kind(), MemoryKind::kDevice);
  EXPECT_EQ(view.Slice(1, 2).device(), device);
}

TEST(BufferTest, ASliceSharesBytesAndOwner) {
  Buffer whole = Of("0123456789");
  const Buffer part = whole.Slice(3, 4);
  EXPECT_EQ(part.data(), whole.data() + 3);
  whole = Buffer();
  EXPECT_EQ(Text(part), "3456");
  EXPECT_EQ(Text(part.Slice(1, 2)), "45");
  EXPECT_TRUE(part.Slice(4, 0).empty());
  EXPECT_TRUE(Buffer().Slice(0, 0).empty());
}

TEST(BufferTest, ACopyIsIndependent) {
  std::string text = "before";
  const Buffer copy = Of(text);
  text = "after!";
  EXPECT_EQ(Text(copy), "before");
  EXPECT_TRUE(Of("").empty());
}

TEST(BufferDeathTest, ASliceBeyondTheEndIsABug) {
  const Buffer buffer = Of("0123");
  EXPECT_DEATH(buffer.Slice(2, 3), "cannot happen");
  EXPECT_DEATH(buffer.Slice(5, 0), "cannot happen");
  EXPECT_DEATH(buffer.Slice(2, std::numeric_limits<size_t>::max()), "cannot happen");
}

}  // namespace
}  // namespace trireme
