// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/names.h"

#include <gtest/gtest.h>

namespace trireme::sagemaker {
namespace {

TEST(QueryValue, FindsTheFirstOfItsName) {
  EXPECT_EQ(**QueryValue("url=/a%2Fb&model_name=x+y&url=z", "url"), "/a/b");
  EXPECT_EQ(**QueryValue("url=/a%2Fb&model_name=x+y", "model_name"), "x y");
  EXPECT_EQ(**QueryValue("a&b=", "a"), "");
  EXPECT_EQ(**QueryValue("&&b=1=2", "b"), "1=2");
  EXPECT_EQ(*QueryValue("xurl=1&url2=3", "url"), std::nullopt);
  EXPECT_EQ(*QueryValue("", "url"), std::nullopt);
  EXPECT_FALSE(QueryValue("url=%zz", "url").ok());
}

TEST(CheckFitsPath, RefusesWhatNoPathHolds) {
  for (const char* name : {"a81f", "a b", "%2F", "a.b", "...", "\xc3\xa9"}) EXPECT_TRUE(CheckFitsPath(name).ok());
  for (const char* name : {"a/b", "/", "a\\b", ".", ".."}) EXPECT_FALSE(CheckFitsPath(name).ok()) << name;
}

}  // namespace
}  // namespace trireme::sagemaker
