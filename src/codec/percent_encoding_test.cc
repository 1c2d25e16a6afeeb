// SPDX-License-Identifier: Apache-2.0
#include "codec/percent_encoding.h"

#include <gtest/gtest.h>

namespace trireme {
namespace {

TEST(PercentDecoded, UndoesWhatAPathCannotHold) {
  EXPECT_EQ(*PercentDecoded("a%20b%C3%A9"), "a b\xc3\xa9");
  EXPECT_EQ(*PercentDecoded("%7e%7E+"), "~~+");
  EXPECT_EQ(*PercentDecoded(""), "");
  for (const char* text : {"%", "%4", "a%4g", "%%41"}) {
    EXPECT_EQ(PercentDecoded(text).status().code(), StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace trireme
