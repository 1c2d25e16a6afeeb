// SPDX-License-Identifier: Apache-2.0
#include "app/models_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace trireme {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using ModelsAction = ModelsOptions::Action;

Result<Command> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "models");
  return ParseCommand(arguments, [](const std::string&) { return std::nullopt; });
}

ModelsOptions Parsed(const std::vector<std::string>& arguments) {
  const Result<Command> command = Parse(arguments);
  EXPECT_TRUE(command.ok()) << command.status();
  return command.ok() ? std::get<ModelsOptions>(*command) : ModelsOptions();
}

TEST(ModelsOptionsTest, ListWithoutAnAction) {
  EXPECT_EQ(Parsed({}).action, ModelsAction::kList);
  EXPECT_EQ(Parsed({"--json"}).action, ModelsAction::kList);
  EXPECT_TRUE(Parsed({"--json"}).json);
  EXPECT_TRUE(Parsed({"list", "--wide"}).wide);
}

TEST(ModelsOptionsTest, NameAModel) {
  EXPECT_EQ(Parsed({"load", "a/b"}).name, "a/b");
  EXPECT_EQ(Parsed({"unload", "a"}).action, ModelsAction::kUnload);
  EXPECT_EQ(Parsed({"pin", "a"}).action, ModelsAction::kPin);
  EXPECT_EQ(Parsed({"unpin", "a", "--socket", "/s"}).socket, "/s");
  EXPECT_EQ(Parsed({"watch", "--socket=/s"}).action, ModelsAction::kWatch);
}

TEST(ModelsOptionsTest, LeadALabelOrTakeItAway) {
  const ModelsOptions lead = Parsed({"label", "a", "stable=3"});
  EXPECT_EQ(lead.label, "stable");
  EXPECT_EQ(lead.version, 3);
  const ModelsOptions away = Parsed({"label", "a", "stable-"});
  EXPECT_EQ(away.label, "stable");
  EXPECT_EQ(away.version, std::nullopt);
}

TEST(ModelsOptionsTest, SayWhatIsWrong) {
  const auto problem = [](const std::vector<std::string>& arguments) { return Parse(arguments).status().message(); };
  EXPECT_EQ(problem({"lod", "a"}),
            "trireme models: expected list, load, unload, pin, unpin, label or watch, found 'lod'");
  EXPECT_EQ(problem({"load"}), "expected the NAME of a model, found nothing");
  EXPECT_THAT(problem({"load", "a", "b"}), HasSubstr("expected no more, found 'b'"));
  EXPECT_EQ(problem({"label", "a"}), "expected NAME and LABEL=VERSION (or LABEL-), found NAME alone");
  for (const char* label : {"stable", "stable=", "stable=0", "stable=x", "=3", "-"}) {
    EXPECT_THAT(problem({"label", "a", label}), HasSubstr("expected LABEL=VERSION such as stable=3")) << label;
  }
  EXPECT_THAT(problem({"watch", "--json"}), HasSubstr("unknown flag '--json'"));
}

TEST(ModelsOptionsTest, HelpWhoeverAsks) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--help"}, {"help"}, {"list", "--help"}, {"label", "--help"}}) {
    const Result<Command> command = Parse(arguments);
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_THAT(std::get<ShowHelp>(*command).text, HasSubstr("trireme models"));
  }
}

TEST(ModelsCommandTest, SaysThatNobodyListensThere) {
  std::ostringstream out;
  std::ostringstream problems;
  EXPECT_EQ(RunModels({.socket = "/nowhere/admin.sock"}, out, problems), kExitFailure);
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(problems.str(), StartsWith("trireme: unix:/nowhere/admin.sock: "));
}

}  // namespace
}  // namespace trireme
