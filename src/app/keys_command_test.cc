// SPDX-License-Identifier: Apache-2.0
#include "app/keys_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "access/key_file.h"
#include "access/key_table.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::chrono::sys_days kToday = std::chrono::sys_days(std::chrono::year(2026) / 6 / 15);
constexpr std::chrono::sys_days kLastMonth = kToday - std::chrono::days(30);

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string problems;
};

class KeysCommandTest : public testing::Test {
 protected:
  static Result<Command> Parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "keys");
    return ParseCommand(arguments, [](const std::string&) { return std::nullopt; });
  }

  static Outcome Run(const std::vector<std::string>& arguments, std::chrono::sys_days today = kToday) {
    const auto command = Parse(arguments);
    EXPECT_TRUE(command.ok()) << command.status();
    std::ostringstream out;
    std::ostringstream problems;
    const int code = RunKeys(std::get<KeysOptions>(*command), today, out, problems);
    return {.exit_code = code, .out = out.str(), .problems = problems.str()};
  }

  static std::string Problem(const std::vector<std::string>& arguments) { return Parse(arguments).status().message(); }

  KeyTable Table() const { return KeyTable(*ParseKeyFile(ReadKeyFile(file_)->text, "keys")); }

  const TempDir dir_;
  const std::string file_ = (dir_ / "keys").string();
};

TEST_F(KeysCommandTest, MakesAKeyThatOpensWhatItIsFor) {
  const Outcome added = Run({"add", file_, "web", "--role", "infer", "--model", "a", "--model=b*", "--tenant", "shop"});
  ASSERT_EQ(added.exit_code, kExitOk) << added.problems;
  EXPECT_THAT(added.out, StartsWith("trireme_"));
  const std::string key = added.out.substr(0, added.out.size() - 1);
  EXPECT_THAT(added.problems, Not(HasSubstr(key)));
  EXPECT_THAT(ReadKeyFile(file_)->text, Not(HasSubstr(key)));
  EXPECT_THAT(ReadKeyFile(file_)->warning, IsEmpty());
  const auto identity = Table().Find({.api_key = key}, kToday);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->tenant, "shop");
  EXPECT_TRUE(identity->Allows(Operation::kInfer, "bee"));
  EXPECT_FALSE(identity->Allows(Operation::kInfer, "c"));
}

TEST_F(KeysCommandTest, TakesAKeyAway) {
  const Outcome added = Run({"add", file_, "web", "--role", "metrics"});
  Run({"add", file_, "ops", "--role", "admin", "--model", "*"});
  ASSERT_EQ(Run({"remove", file_, "web"}).exit_code, kExitOk);
  EXPECT_EQ(Table().size(), 1U);
  EXPECT_FALSE(Table().Find({.api_key = added.out.substr(0, added.out.size() - 1)}, kToday).ok());
  const Outcome again = Run({"remove", file_, "web"});
  EXPECT_EQ(again.exit_code, kExitFailure);
  EXPECT_EQ(again.problems, "trireme: " + file_ + ": no key is called 'web'\n");
}

TEST_F(KeysCommandTest, ListsWhoHasWhich) {
  Run({"add", file_, "web", "--role", "infer,metrics", "--model", "a", "--expires", "2026-06-15"}, kLastMonth);
  Run({"add", file_, "mesh", "--role=infer", "--model=*", "--certificate=web.example.org", "--tenant=shop"});
  EXPECT_EQ(Run({"list", file_}).out,
            "NAME  ROLES          MODELS  SHOWS                        EXPIRES               TENANT\n"
            "web   infer,metrics  a       key                          2026-06-15 (expired)  -\n"
            "mesh  infer          *       certificate web.example.org  never                 shop\n");
}

TEST_F(KeysCommandTest, SaysWhatIsWrongWithAFile) {
  Run({"add", file_, "web", "--role", "metrics", "--expires", "2026-06-14"}, kLastMonth);
  const Outcome good = Run({"check", file_});
  EXPECT_EQ(good.exit_code, kExitOk);
  EXPECT_EQ(good.out, file_ + ": 1 key\n");
  EXPECT_EQ(good.problems, "warning: " + file_ + ": the key of 'web' expired on 2026-06-14\n");
  dir_.Write("keys", "web root");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"check", file_},
                                                    {"list", file_},
                                                    {"remove", file_, "web"},
                                                    {"add", file_, "ops", "--role=metrics"}}) {
    const Outcome bad = Run(arguments);
    EXPECT_EQ(bad.exit_code, kExitFailure);
    EXPECT_THAT(bad.problems, HasSubstr(file_ + ":1: roles: expected"));
    EXPECT_THAT(bad.out, IsEmpty());
  }
  EXPECT_EQ(Run({"check", (dir_ / "none").string()}).exit_code, kExitFailure);
}

TEST_F(KeysCommandTest, MakesNoKeyOfANameThatIsTaken) {
  Run({"add", file_, "web", "--role", "metrics"});
  const Outcome again = Run({"add", file_, "web", "--role", "metrics"});
  EXPECT_EQ(again.exit_code, kExitFailure);
  EXPECT_THAT(again.out, IsEmpty());
  EXPECT_THAT(again.problems, HasSubstr("found that there is a key called 'web'"));
}

TEST_F(KeysCommandTest, RefusesAKeyThatNobodyCouldUse) {
  const Outcome late = Run({"add", file_, "web", "--role", "metrics", "--expires", "2001-01-01"});
  EXPECT_EQ(late.exit_code, kExitFailure);
  EXPECT_THAT(late.out, IsEmpty());
  EXPECT_THAT(late.problems, HasSubstr("expires: expected a day to come, found 2001-01-01"));
}

// Each reads the whole file and replaces it.
TEST_F(KeysCommandTest, SeveralAtOnceLoseNoKey) {
  constexpr int kAtOnce = 8;
  std::vector<std::thread> others;
  std::vector<Outcome> outcomes(kAtOnce);
  for (int i = 0; i < kAtOnce; ++i) {
    others.emplace_back([&outcomes, i, this] {
      outcomes[i] = Run({"add", file_, "key" + std::to_string(i), "--role", "metrics"});
    });
  }
  for (std::thread& other : others) other.join();
  for (const Outcome& added : outcomes) {
    ASSERT_EQ(added.exit_code, kExitOk) << added.problems;
    EXPECT_TRUE(Table().Find({.api_key = added.out.substr(0, added.out.size() - 1)}, kToday).ok());
  }
}

TEST_F(KeysCommandTest, SaysWhatItExpected) {
  EXPECT_EQ(Problem({}), "expected an action (add, list, remove, check) behind 'trireme keys'");
  EXPECT_EQ(Problem({"make"}), "trireme keys: expected add|list|remove|check, found 'make'");
  EXPECT_EQ(Problem({"list"}), "expected a FILE of keys, as in 'trireme keys list keys.txt'");
  EXPECT_EQ(Problem({"remove", "f"}), "expected FILE and NAME, found FILE alone");
  EXPECT_THAT(Problem({"list", "f", "g"}), HasSubstr("expected no more, found 'g'"));
  EXPECT_EQ(Problem({"add", "f", "n"}), "expected --role infer, --role metrics or --role admin");
  EXPECT_EQ(Problem({"add", "f", "n", "--role=infer"}), "expected --model NAME, or --model '*' for all");
  EXPECT_THAT(Problem({"add", "f", "n/m", "--role=infer"}), HasSubstr("expected 1 to 64 letters"));
  EXPECT_THAT(Problem({"add", "f", "n", "--role=root"}), HasSubstr("--role: roles: expected infer"));
  EXPECT_THAT(Problem({"add", "f", "n", "--expires=soon"}), HasSubstr("expected a date such as"));
  EXPECT_THAT(Problem({"list", "f", "--role=infer"}), HasSubstr("unknown flag '--role"));
}

TEST_F(KeysCommandTest, HasHelpForEachAction) {
  EXPECT_THAT(std::get<ShowHelp>(*Parse({"--help"})).text, HasSubstr("trireme keys ACTION FILE"));
  for (const char* action : {"add", "list", "remove", "check"}) {
    EXPECT_THAT(std::get<ShowHelp>(*Parse({action, "--help"})).text, HasSubstr(std::string("trireme keys ") + action));
  }
}

}  // namespace
}  // namespace trireme
