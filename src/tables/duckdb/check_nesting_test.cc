// SPDX-License-Identifier: Apache-2.0
#include "tables/duckdb/check_nesting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/testing/temp_dir.h"

namespace trireme::duck {
namespace {

using testing::HasSubstr;

TEST(CheckNesting, FindsTheLineThatIsTooDeep) {
  const TempDir folder;
  const std::string flat = "{\"x\":[1,{\"y\":2}]}\n";
  const std::string text = "{\"x\":\"" + std::string(5000, '[') + "\\\"[\"}\n";
  const std::string deep = "{\"x\":" + std::string(2000, '[') + std::string(2000, ']') + "}\n";
  EXPECT_TRUE(CheckNesting(folder.Write("a.jsonl", flat + text + flat)).ok());
  EXPECT_THAT(CheckNesting(folder.Write("a.jsonl", flat + text + deep)).message(), HasSubstr("a.jsonl line 3: "));
  // What one line leaves open is not the next one's.
  std::string open;
  for (int i = 0; i < 2000; ++i) open += "[\n";
  EXPECT_TRUE(CheckNesting(folder.Write("a.jsonl", open)).ok());
  EXPECT_TRUE(CheckNesting(folder.Write("a.jsonl", "")).ok());
}

}  // namespace
}  // namespace trireme::duck
