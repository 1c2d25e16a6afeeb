// SPDX-License-Identifier: Apache-2.0
#include "transform/class_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trireme::transform {
namespace {

using testing::HasSubstr;

TEST(ClassNames, AreReadInEveryForm) {
  const auto plain = ReadIndexToName(R"({"0": "cat", "7": "dog"})");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->NameOf(0), "cat");
  EXPECT_EQ(plain->NameOf(7), "dog");
  EXPECT_EQ(plain->NameOf(3), "3");
  EXPECT_EQ(plain->NameOf(-1), "-1");

  const auto pairs = ReadIndexToName(R"({"0": ["n02123045", "tabby"], "1": ["fox"]})");
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  EXPECT_EQ(pairs->NameOf(0), "tabby");
  EXPECT_EQ(pairs->NameOf(1), "fox");

  const auto list = ReadIndexToName(R"({"comment": 1, "object_type_names": ["__background__", "person"]})");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->NameOf(1), "person");
  EXPECT_EQ(list->size(), 2U);

  EXPECT_EQ(ClassNames(std::vector<std::string>{"a", "b"}).NameOf(1), "b");
  EXPECT_EQ(ClassNames().NameOf(5), "5");
}

TEST(ClassNames, ErrorsNameTheKey) {
  const auto message = [](std::string_view json) { return ReadIndexToName(json).status().message(); };
  EXPECT_THAT(message(R"({"0": "a", "x": "b"})"), HasSubstr("key 'x': expected an index such as \"0\""));
  EXPECT_THAT(message(R"({"00": "b"})"), HasSubstr("key '00'"));
  EXPECT_THAT(message(R"({"4": "a", "4": "b"})"), HasSubstr("key '4': it is there twice"));
  EXPECT_THAT(message(R"({"4": 5})"), HasSubstr("key '4': expected a string"));
  EXPECT_THAT(message(R"({"4": []})"), HasSubstr("key '4': expected a name, or a list"));
  EXPECT_THAT(message(R"({"object_type_names": [1]})"), HasSubstr("key 'object_type_names'"));
  EXPECT_THAT(message("[1]"), HasSubstr(R"(expected {"0": "name"})"));
  EXPECT_THAT(message(R"({"0": "a"} x)"), HasSubstr("expected"));
}

TEST(MemberNames, TellsClassesOfTheSameNameApart) {
  const ClassNames names(std::vector<std::string>{"crane", "score", "crane", "crane (2)"});
  MemberNames members(names);
  members.Reserve("score");
  EXPECT_EQ(members.Take(0), "crane");
  EXPECT_EQ(members.Take(2), "crane (2)");
  EXPECT_EQ(members.Take(3), "crane (2) (3)");
  EXPECT_EQ(members.Take(1), "score (1)");
}

}  // namespace
}  // namespace trireme::transform
