// SPDX-License-Identifier: Apache-2.0
#include "app/predict_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "app/options.h"

namespace trireme {
namespace {

using predict::PredictOptions;
using testing::ElementsAre;
using testing::HasSubstr;

Result<Command> Parse(std::vector<std::string> arguments, const std::map<std::string, std::string>& variables = {}) {
  arguments.insert(arguments.begin(), "predict");
  return ParseCommand(arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

PredictOptions Predict(std::vector<std::string> more, const std::map<std::string, std::string>& variables = {}) {
  std::vector<std::string> arguments = {"model.onnx", "rows.csv", "-o", "scores.csv"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto command = Parse(arguments, variables);
  EXPECT_TRUE(command.ok()) << command.status();
  const auto* options = command.ok() ? std::get_if<PredictOptions>(&*command) : nullptr;
  return options == nullptr ? PredictOptions() : *options;
}

std::string Problem(const std::vector<std::string>& arguments) {
  return Parse(arguments).status().message();
}

TEST(PredictSettings, AModelAnInputAndAnOutput) {
  const PredictOptions options = Predict({});
  EXPECT_EQ(options.model, "model.onnx");
  EXPECT_EQ(options.input, "rows.csv");
  EXPECT_EQ(options.output, "scores.csv");
}

// A setting, a text for it that is not its default, and whether the options have taken it.
struct Case {
  std::string name;
  std::string text;
  std::function<bool(const PredictOptions&)> taken;
};

const std::vector<Case>& Cases() {
  using Names = std::vector<std::string>;
  static const std::vector<Case> cases = {
      {"limit", "10", [](const PredictOptions& o) { return o.limit == uint64_t{10}; }},
      {"force", "true", [](const PredictOptions& o) { return o.force; }},
      {"restart", "true", [](const PredictOptions& o) { return o.restart; }},
      {"columns", "a,b",
       [](const PredictOptions& o) {
         return o.columns == Names{"a", "b"};
       }},
      {"exclude", "a", [](const PredictOptions& o) { return o.exclude == Names{"a"}; }},
      {"keep", "id,name",
       [](const PredictOptions& o) {
         return o.keep == Names{"id", "name"};
       }},
      {"output-columns", "p", [](const PredictOptions& o) { return o.output_columns == Names{"p"}; }},
      {"header", "no", [](const PredictOptions& o) { return o.header == false; }},
      {"missing", "nan", [](const PredictOptions& o) { return o.missing == PredictOptions::Missing::kNan; }},
      {"on-error", "skip", [](const PredictOptions& o) { return o.on_error == PredictOptions::OnError::kSkip; }},
      {"batch", "64", [](const PredictOptions& o) { return o.batch == 64; }},
      {"threads", "3", [](const PredictOptions& o) { return o.threads == 3; }},
      {"json", "true", [](const PredictOptions& o) { return o.json; }}};
  return cases;
}

TEST(PredictSettings, EachIsTakenFromTheCommandLineAndTheEnvironment) {
  for (const Case& one : Cases()) {
    EXPECT_FALSE(one.taken(Predict({}))) << one.name;
    EXPECT_TRUE(one.taken(Predict({"--" + one.name + "=" + one.text}))) << one.name;
    EXPECT_TRUE(one.taken(Predict({}, {{VariableName(one.name), one.text}}))) << one.name;
  }
}

TEST(PredictSettings, EachHasACase) {
  std::set<std::string> tried = {"paths", "output", "query"};
  for (const Case& one : Cases()) tried.insert(one.name);
  PredictOptions options;
  for (const Setting& setting : PredictSettings(options)) EXPECT_TRUE(tried.contains(setting.name)) << setting.name;
}

TEST(PredictSettings, AQueryStandsForAnInput) {
  const auto command = Parse({"model.onnx", "--query", "select 1 as x", "-o", "scores.jsonl"});
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(std::get<PredictOptions>(*command).query, "select 1 as x");
  EXPECT_THAT(Problem({"model.onnx", "rows.csv", "--query", "select 1", "-o", "scores.csv"}), HasSubstr("found both"));
}

TEST(PredictSettings, NamesMayBeGivenSeveralTimes) {
  EXPECT_THAT(Predict({"--keep", "a,b", "--keep", "c"}).keep, ElementsAre("a", "b", "c"));
  EXPECT_THAT(Problem({"m.onnx", "r.csv", "-o", "s.csv", "--keep", "a,,b"}), HasSubstr("names with commas between"));
}

TEST(PredictSettings, SaysWhatIsWrong) {
  EXPECT_THAT(Problem({"model.onnx", "rows.csv"}), HasSubstr("a file to write"));
  EXPECT_THAT(Problem({"a.onnx", "b.csv", "c.csv", "-o", "s.csv"}), HasSubstr("a pattern stands in quotes"));
  EXPECT_THAT(Problem({"a.onnx", "b.csv", "-o", "s.xlsx"}), HasSubstr("found 's.xlsx'"));
  EXPECT_THAT(Problem({"a.onnx", "b.npy", "-o", "s.npy", "--keep", "id"}), HasSubstr("--keep"));
  EXPECT_THAT(Problem({"a.onnx", "b.csv", "-o", "s.csv", "--columns", "x", "--exclude", "y"}), HasSubstr("found both"));
  EXPECT_THAT(Problem({"a.onnx", "b.csv", "-o", "s.csv", "--batch", "0"}), HasSubstr("--batch"));
  EXPECT_THAT(Problem({"a.onnx", "b.csv", "-o", "s.csv", "--missing", "zero"}), HasSubstr("fail|nan"));
}

}  // namespace
}  // namespace trireme
