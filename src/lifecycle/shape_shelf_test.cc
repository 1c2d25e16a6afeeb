// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shape_shelf.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(ShapeShelf, KeepsABookThatNobodyHolds) {
  ShapeShelf shelf;
  const Tensor input{.type = DataType::kFp32, .shape = {2, 4}, .data = {}};
  shelf.Take("m")->Note({&input, 1});
  EXPECT_EQ(shelf.Take("m")->InUse().size(), 1U);
  EXPECT_TRUE(shelf.Take("n")->InUse().empty());
}

TEST(ShapeShelf, PutsTheOldestAwayThatNobodyHolds) {
  ShapeShelf shelf;
  const Tensor input{.type = DataType::kFp32, .shape = {2, 4}, .data = {}};
  const auto held = shelf.Take("held");  // shared with the shelf
  held->Note({&input, 1});
  shelf.Take("oldest")->Note({&input, 1});
  shelf.Take("older")->Note({&input, 1});
  for (size_t i = shelf.size(); i <= ShapeShelf::kMostModels; ++i) shelf.Take("m" + std::to_string(i));
  EXPECT_EQ(shelf.size(), ShapeShelf::kMostModels);
  EXPECT_EQ(shelf.Take("older")->InUse().size(), 1U);
  EXPECT_EQ(shelf.Take("held"), held);
  EXPECT_TRUE(shelf.Take("oldest")->InUse().empty());
}

}  // namespace
}  // namespace trireme
