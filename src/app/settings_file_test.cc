// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/settings.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Setting Named(std::string name, Setting::Form form = Setting::Form::kValue) {
  return {.name = std::move(name),
          .value = "",
          .help = "",
          .default_text = "",
          .group = "",
          .form = form,
          .set = [](std::string_view) { return Status(); }};
}

Setting Pairs(std::string name) {
  Setting setting = Named(std::move(name), Setting::Form::kRepeated);
  setting.takes_map = true;
  return setting;
}

class SettingsFile : public ::testing::Test {
 protected:
  Result<SettingTexts> Read(std::string_view yaml) {
    return ReadSettingsFile(
        dir_.Write("server.yaml", yaml),
        std::vector<Setting>{Named("http-port"), Named("host"), Named("exposed", Setting::Form::kSwitch),
                             Named("paths", Setting::Form::kArguments), Named("shape", Setting::Form::kRepeated),
                             Pairs("quota")});
  }

  // What is wrong with `yaml`, without the folder in front of the file's name.
  std::string Problem(std::string_view yaml) {
    const std::string message = Read(yaml).status().message();
    const size_t name = message.find("server.yaml");
    return name == std::string::npos ? message : message.substr(name);
  }

  const TempDir dir_;
};

TEST_F(SettingsFile, ReadsScalarsAsTheyAreWritten) {
  const auto texts = Read("http-port: 08000 # a comment\nhost: \"::1\"\nexposed: yes\n");
  ASSERT_TRUE(texts.ok()) << texts.status();
  EXPECT_THAT(texts->at("http-port").values, ElementsAre("08000"));
  EXPECT_THAT(texts->at("host").values, ElementsAre("::1"));
  EXPECT_THAT(texts->at("exposed").values, ElementsAre("yes"));
  EXPECT_EQ(texts->at("host").where, (dir_ / "server.yaml").string() + ":2: host");
}

TEST_F(SettingsFile, TakesUnderscoresForDashes) {
  EXPECT_THAT(Read("http_port: 1\n")->at("http-port").values, ElementsAre("1"));
}

TEST_F(SettingsFile, ReadsAListWhereASettingRepeats) {
  const auto texts = Read("paths: [a, b]\nshape:\n  - x=1\n  - y=2\n");
  ASSERT_TRUE(texts.ok()) << texts.status();
  EXPECT_THAT(texts->at("paths").values, ElementsAre("a", "b"));
  EXPECT_THAT(texts->at("shape").values, ElementsAre("x=1", "y=2"));
  EXPECT_THAT(Read("paths: one\n")->at("paths").values, ElementsAre("one"));
}

TEST_F(SettingsFile, ReadsAMapWhereASettingTakesPairs) {
  EXPECT_THAT(Read("quota:\n  shop: 100/s\n  \"*\": 1/s,0.5cpu\n")->at("quota").values,
              ElementsAre("shop=100/s", "*=1/s,0.5cpu"));
  EXPECT_THAT(Read("quota: [shop=1/s]\n")->at("quota").values, ElementsAre("shop=1/s"));
  EXPECT_THAT(Read("quota: {}\n")->at("quota").values, IsEmpty());
  EXPECT_EQ(Problem("quota: {shop: [1/s]}\n"),
            "server.yaml:1: quota: expected a map of names to values, found a list in it");
  EXPECT_EQ(Problem("shape: {a: b}\n"), "server.yaml:1: shape: expected a value or a list of values, found a map");
}

TEST_F(SettingsFile, AnEmptyFileSaysNothing) {
  EXPECT_THAT(*Read(""), IsEmpty());
  EXPECT_THAT(*Read("# only a comment\n"), IsEmpty());
}

TEST_F(SettingsFile, AnUnknownKeyIsNamedWithItsLineAndTheNearestKey) {
  EXPECT_EQ(Problem("host: a\n\nhttp-prt: 1\n"), "server.yaml:3: unknown key 'http-prt'; did you mean 'http-port'?");
  EXPECT_EQ(Problem("http_prt: 1\n"), "server.yaml:1: unknown key 'http_prt'; did you mean 'http-port'?");
}

TEST_F(SettingsFile, NothingIsSuggestedForAKeyThatIsNearNone) {
  EXPECT_EQ(Problem("temperature: 1\n"), "server.yaml:1: unknown key 'temperature'");
}

TEST_F(SettingsFile, AKeyThatStandsTwiceIsRefusedWithBothLines) {
  const std::string problem = Problem("http-port: 1\nhttp_port: 2\n");
  EXPECT_THAT(problem, HasSubstr("server.yaml:2: http-port is set before, at "));
  EXPECT_THAT(problem, HasSubstr("server.yaml:1: http-port"));
  EXPECT_THAT(Problem("host: a\nhost: b\n"), HasSubstr("server.yaml:2: host is set before"));
}

TEST_F(SettingsFile, AValueOfTheWrongFormIsRefused) {
  EXPECT_EQ(Problem("http-port:\n"), "server.yaml:1: http-port: expected a value, found nothing");
  EXPECT_EQ(Problem("http-port: [1, 2]\n"), "server.yaml:1: http-port: expected a value, found a list");
  EXPECT_EQ(Problem("http-port: {a: 1}\n"), "server.yaml:1: http-port: expected a value, found a map");
  EXPECT_EQ(Problem("paths: {a: 1}\n"), "server.yaml:1: paths: expected a value or a list of values, found a map");
  EXPECT_EQ(Problem("paths: [a, [b]]\n"),
            "server.yaml:1: paths: expected a value or a list of values, found a list of other things");
}

TEST_F(SettingsFile, AFileThatIsNoMapIsRefused) {
  EXPECT_EQ(Problem("- a\n- b\n"), "server.yaml:1: expected lines such as 'http-port: 8000', found a list");
  EXPECT_EQ(Problem("hello\n"), "server.yaml:1: expected lines such as 'http-port: 8000', found a value");
  EXPECT_EQ(Problem("[a]: b\n"), "server.yaml:1: expected the name of a setting, found a list");
}

TEST_F(SettingsFile, AFileThatIsNotYamlIsRefusedWithTheLine) {
  EXPECT_THAT(Problem("host: a\n\tloops: 1\n"), HasSubstr("server.yaml:2: not YAML: "));
  EXPECT_THAT(Problem("host: [a, b\n"), HasSubstr(": not YAML: "));
}

TEST_F(SettingsFile, AFileThatIsNotThereIsNamed) {
  const auto texts = ReadSettingsFile(dir_ / "none.yaml", {});
  EXPECT_EQ(texts.status().message(),
            "config file " + (dir_ / "none.yaml").string() + ": expected a YAML file, found no such file");
  EXPECT_THAT(ReadSettingsFile(dir_.path(), {}).status().message(), HasSubstr("found something else"));
}

TEST_F(SettingsFile, AFileOfMoreThanAMebibyteIsRefused) {
  EXPECT_TRUE(Read(std::string((1 << 20) - 1, '#')).ok());
  EXPECT_THAT(Problem("#" + std::string(1 << 20, '#')), HasSubstr("expected at most 1MiB, found more"));
}

TEST(Suggestion, NamesTheNearest) {
  const std::vector<Setting> settings = {Named("host"), Named("http-port"), Named("metrics-port")};
  EXPECT_EQ(Suggestion("metric-port", settings, "--"), "; did you mean '--metrics-port'?");
  EXPECT_EQ(Suggestion("hots", settings), "; did you mean 'host'?");
  EXPECT_EQ(Suggestion("", settings), "");
  EXPECT_EQ(Suggestion("anything", {}), "");
}

}  // namespace
}  // namespace trireme
