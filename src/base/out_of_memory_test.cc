// SPDX-License-Identifier: Apache-2.0
#include "base/out_of_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace trireme {
namespace {

TEST(OutOfMemory, ARoundThatFindsNoMemoryIsToldOfAndSurvived) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Logger log(ends[1], Logger::Form::kText, LogLevel::kInfo);
  EXPECT_FALSE(Survives("counting", log, [] { throw std::bad_alloc(); }));
  EXPECT_TRUE(Survives("counting", log, [] {}));
  close(ends[1]);
  std::array<char, 4096> line{};
  const ssize_t got = read(ends[0], line.data(), line.size());
  close(ends[0]);
  EXPECT_THAT(std::string(line.data(), static_cast<size_t>(got)),
              testing::AllOf(testing::HasSubstr("no more memory"), testing::HasSubstr("what=counting")));
}

TEST(OutOfMemory, WhatIsKeptBackIsUsedOnceAndKeptAgain) {
  KeepSpareMemory();
  KeepSpareMemory();
  EXPECT_TRUE(UseSpareMemory());
  EXPECT_FALSE(UseSpareMemory());
  KeepSpareMemory();
  EXPECT_TRUE(UseSpareMemory());
}

}  // namespace
}  // namespace trireme
