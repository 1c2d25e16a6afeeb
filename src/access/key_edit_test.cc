// SPDX-License-Identifier: Apache-2.0
#include "access/key_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/key_table.h"
#include "access/new_key.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kOps = "ops admin * certificate:ops.example.org";

KeyLine Line(const std::string& text) {
  auto line = ParseKeyLine(text);
  EXPECT_TRUE(line.ok()) << line.status();
  return *std::move(line);
}

TEST(WithKey, BeginsAFileWithAHeading) {
  const auto text = WithKey("", "keys", Line(kOps));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_THAT(*text, StartsWith("# NAME ROLES MODELS PROOF"));
  EXPECT_EQ(ParseKeyFile(*text, "keys")->size(), 1U);
}

TEST(WithKey, LeavesWhatIsThereAsItIs) {
  EXPECT_EQ(*WithKey("# mine\n\nweb  infer *   certificate:web # shop", "keys", Line(kOps)),
            "# mine\n\nweb  infer *   certificate:web # shop\n" + kOps + "\n");
}

TEST(WithKey, RefusesANameThatIsThereAndAFileThatIsWrong) {
  EXPECT_EQ(WithKey(kOps, "keys", Line("ops infer * certificate:other")).status().message(),
            "keys: name: expected a new one, found that there is a key called 'ops'");
  EXPECT_THAT(WithKey("odd", "keys", Line(kOps)).status().message(), HasSubstr("keys:1: roles"));
}

TEST(WithoutKey, TakesOneLineAway) {
  const std::string text = "# ops\n ops\tadmin * certificate:a\nops2 admin * certificate:b\n#ops admin\n";
  EXPECT_EQ(*WithoutKey(text, "keys", "ops"), "# ops\nops2 admin * certificate:b\n#ops admin\n");
  EXPECT_EQ(*WithoutKey(kOps, "keys", "ops"), "");
}

TEST(WithoutKey, NeedsAKeyOfThatName) {
  EXPECT_EQ(WithoutKey(kOps, "keys", "web").status().message(), "keys: no key is called 'web'");
  EXPECT_EQ(WithoutKey("\n" + kOps, "keys", "").status().code(), StatusCode::kNotFound);
  EXPECT_THAT(WithoutKey("odd", "keys", "odd").status().message(), HasSubstr("keys:1: roles"));
}

TEST(NewKey, IsAnotherOneEachTime) {
  const std::string key = NewKey();
  EXPECT_THAT(key, StartsWith("trireme_"));
  EXPECT_EQ(key.size(), 72U);
  EXPECT_NE(NewKey(), key);
}

}  // namespace
}  // namespace trireme
