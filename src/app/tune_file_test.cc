// SPDX-License-Identifier: Apache-2.0
#include "app/tune_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "app/options.h"
#include "app/tune_settings.h"
#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class TuneFileTest : public testing::Test {
 protected:
  Result<Command> Parse(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "tune");
    return ParseCommand(arguments, [](const std::string&) { return std::nullopt; });
  }
  tune::TuneOptions Tune(const std::vector<std::string>& arguments) const {
    const auto command = Parse(arguments);
    EXPECT_TRUE(command.ok()) << command.status();
    const auto* options = command.ok() ? std::get_if<tune::TuneOptions>(&*command) : nullptr;
    return options == nullptr ? tune::TuneOptions() : *options;
  }
  std::string Problem(const std::vector<std::string>& arguments) const { return Parse(arguments).status().message(); }
  std::string ProblemOf(const std::string& yaml) const { return Problem({dir_.Write("m.yaml", yaml)}); }

  const TempDir dir_;
};

TEST_F(TuneFileTest, NamesSeveralModelsEachWithItsOwnSettings) {
  const std::string file = dir_.Write("suite.yaml",
                                      "slo: p99=100ms\nbudget-time: 2m\nmodels:\n"
                                      "  - path: a.onnx\n    slo: p50=5ms\n    samples: [one.json, /two.json]\n"
                                      "  - {path: /m/b, grid: 'batch=1,2', precision: [fp32, int8]}\n");
  const tune::TuneOptions options = Tune({file});
  ASSERT_EQ(options.models.size(), 2U);
  EXPECT_EQ(options.budget, milliseconds(120'000));
  EXPECT_EQ(options.out, "tune-suite");
  EXPECT_EQ(options.models[0].path, dir_ / "a.onnx");
  EXPECT_EQ(options.models[0].goal->quantile, 0.5);
  EXPECT_THAT(options.models[0].samples, ElementsAre((dir_ / "one.json").string(), "/two.json"));
  EXPECT_EQ(options.models[1].path, "/m/b");
  EXPECT_EQ(options.models[1].goal->latency, milliseconds(100));
  EXPECT_TRUE(options.models[1].whole_grid);
  EXPECT_THAT(options.models[1].space.precision, ElementsAre(tune::Precision::kFp32, tune::Precision::kInt8));
}

TEST_F(TuneFileTest, FlagsComeBeforeIt) {
  const std::string file = dir_.Write("s.yml", "slo: p99=100ms\nmodels: [{path: a, slo: p99=1s}, {path: b}]\n");
  const tune::TuneOptions options = Tune({file, "--slo", "p90=7ms"});
  for (const tune::TuneModel& model : options.models) EXPECT_EQ(model.goal->latency, milliseconds(7));
}

TEST_F(TuneFileTest, SaysWhereItIsWrong) {
  EXPECT_THAT(ProblemOf("models:\n  - path: a\n    slos: p99=1s\n"),
              HasSubstr("m.yaml:3: models[0].unknown key 'slos'; did you mean 'slo'?"));
  EXPECT_THAT(ProblemOf("models:\n  - path: a\n    slo: p99=0ms\n"), HasSubstr("m.yaml:3: models[0].slo: expected"));
  EXPECT_THAT(ProblemOf("budget: 3m\nmodels: [{path: a}]\n"), HasSubstr("m.yaml:1: unknown key 'budget'"));
  EXPECT_THAT(ProblemOf("models:\n  - slo: p99=1s\n"), HasSubstr("models[0].path: expected a model, found nothing"));
  EXPECT_THAT(ProblemOf("models: a.onnx\n"), HasSubstr("m.yaml:1: models: expected a list of maps"));
  EXPECT_THAT(ProblemOf("models:\n  - a.onnx\n"), HasSubstr("m.yaml:2: models[0]: expected a map with a 'path'"));
  EXPECT_THAT(ProblemOf("models:\n  - path: a\n    grid: batch=0\n"),
              HasSubstr("models[0].grid: at character 1: batch"));
  EXPECT_THAT(ProblemOf("models:\n  - path: a\n    slo: [p99=1s]\n"), HasSubstr("expected a value, found a list"));
  EXPECT_THAT(ProblemOf("slo: p99=1s\n"), HasSubstr("expected 'models'"));
  EXPECT_THAT(ProblemOf("- 1\n"), HasSubstr("expected a map with 'models'"));
  EXPECT_THAT(ProblemOf("models: [\n"), HasSubstr("m.yaml: "));
  EXPECT_THAT(ProblemOf("slo: p99=1s\nslo: p99=2s\nmodels: [{path: a}]\n"), HasSubstr("m.yaml: "));
  EXPECT_THAT(Problem({"none.yaml"}), HasSubstr("'none.yaml': expected a YAML file, found no such file"));
  EXPECT_THAT(Problem({dir_.Write("m.yaml", ""), "a.onnx"}), HasSubstr("expected this file alone"));
}

TEST_F(TuneFileTest, FlagsAreChecked) {
  EXPECT_EQ(Tune({"models/resnet50/"}).out, "tune-resnet50");
  EXPECT_EQ(Tune({"a/m.onnx"}).out, "tune-m");
  EXPECT_THAT(Problem({}), HasSubstr("expected a model"));
  EXPECT_THAT(Problem({"a", "--slo", "100ms"}), HasSubstr("--slo: "));
  EXPECT_THAT(Problem({"a", "--slo", "p99=-5ms"}), HasSubstr("--slo: "));
  EXPECT_THAT(Problem({"a", "--slo", "p99=100"}), HasSubstr("--slo: "));
  EXPECT_THAT(Problem({"a", "--grid", "batch=1,callrs=2"}), HasSubstr("--grid: at character 9"));
  EXPECT_THAT(Problem({"a", "--grid", "batch=1", "--space", "batch=2"}), HasSubstr("space and grid"));
  EXPECT_THAT(Problem({"a", "--grid", "precision=int8", "--precision", "fp16"}),
              HasSubstr("precision: expected it once"));
  EXPECT_THAT(Problem({"a", "--space", "device=cpu", "--devices", "cpu"}), HasSubstr("devices: expected them once"));
  EXPECT_THAT(Problem({"a", "a"}), HasSubstr("expected each model once"));
  EXPECT_THAT(Problem({"a", "--samples", "x", "--shape", "x=1"}), HasSubstr("without --samples"));
  EXPECT_THAT(Problem({"a", "--frames-per-second", "30"}), HasSubstr("expected --price-per-hour"));
  EXPECT_THAT(Problem({"a", "--frames-per-second", "0"}), HasSubstr("a number above 0"));
  EXPECT_THAT(Problem({"a", "--users", "4,2"}), HasSubstr("numbers that grow"));
  EXPECT_THAT(Problem({"a", "--tolerance", "2"}), HasSubstr("--tolerance: "));
  EXPECT_THAT(Tune({"a", "--users", "1,8,64"}).models[0].users, ElementsAre(1, 8, 64));
}

TEST_F(TuneFileTest, ToleratesWhatTheHelpSays) {
  TuneModelDraft draft;
  const std::vector<Setting> settings = TuneModelSettings(draft);
  const auto tolerance = std::ranges::find(settings, "tolerance", &Setting::name);
  ASSERT_NE(tolerance, settings.end());
  EXPECT_EQ(tolerance->default_text, "0.05");
  EXPECT_EQ(Tune({"a"}).models[0].tolerance.worst, 0.05);
}

}  // namespace
}  // namespace trireme
