// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/check_command.h"
#include "app/check_json.h"
#include "app/check_text.h"

namespace trireme {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Finding Warning() {
  return {.severity = Finding::Severity::kWarning,
          .file = "m/config.pbtxt",
          .line = 7,
          .column = 3,
          .field = "sequence_batching",
          .expected = "nothing",
          .found = "a setting without effect",
          .fix = "leave it out"};
}

Finding Error() {
  Finding error = Warning();
  error.severity = Finding::Severity::kError;
  return error;
}

CheckedModel Model(std::string name, int64_t version = 1) {
  CheckedModel model;
  model.id = {.name = std::move(name), .version = version};
  model.path = "models/m/1/model.onnx";
  model.servable = true;
  model.backend = "onnx";
  model.platform = "onnxruntime_onnx";
  model.format = "ONNX, IR version 8, opset 17";
  model.signature = {.inputs = {{.name = "x", .type = DataType::kInt32, .shape = {-1, 2}},
                                {.name = "scale", .type = DataType::kFp32, .shape = {1}}},
                     .outputs = {{.name = "y", .type = DataType::kBytes, .shape = {-1, 4, 4}}},
                     .batched = true};
  model.signature.inputs[1].optional = true;
  model.signature.outputs[0].model_shape = Shape{-1, 16};
  model.model_says = model.signature;
  model.config.instances = 2;
  model.config.threads = 1;
  model.config.max_rows = 8;
  model.config.preferred_rows = {4, 8};
  model.config.max_delay = std::chrono::microseconds(100);
  model.weight_bytes = 3 << 20;
  return model;
}

CheckReport Report(std::vector<CheckedModel> models) {
  return {.models = std::move(models), .findings = {}};
}

TEST(CheckText, SaysWhatWouldBeServedAndHow) {
  EXPECT_EQ(CheckText(Report({Model("m")}), false),
            "m version 1: can be served\n"
            "  file      models/m/1/model.onnx\n"
            "  format    ONNX, IR version 8, opset 17\n"
            "  platform  onnxruntime_onnx (backend onnx)\n"
            "  inputs    x      INT32  [-1,2]\n"
            "            scale  FP32   [1], optional\n"
            "  outputs   y  BYTES  [-1,4,4], [-1,16] for the model\n"
            "  batching  up to 8 rows in a run, best 4 or 8, for which a request waits at most 100us\n"
            "  runs on   cpu, 2 instances x 1 thread\n"
            "  memory    about 3.0 MiB for its weights\n"
            "\n"
            "1 model version: 1 can be served, 0 cannot; 0 errors, 0 warnings\n");
}

TEST(CheckText, SaysWhatIsWrongWhereAndWhatToDo) {
  CheckedModel model;
  model.id = {.name = "broken", .version = 0};
  model.path = "models/broken";
  model.findings = {Error()};
  CheckReport report = Report({model});
  report.findings = {Warning()};
  EXPECT_EQ(CheckText(report, false),
            "broken: cannot be served\n"
            "  file      models/broken\n"
            "  error     m/config.pbtxt:7:3: sequence_batching\n"
            "            expected  nothing\n"
            "            found     a setting without effect\n"
            "            to do     leave it out\n"
            "\n"
            "Of no model:\n"
            "  warning   m/config.pbtxt:7:3: sequence_batching\n"
            "            expected  nothing\n"
            "            found     a setting without effect\n"
            "            to do     leave it out\n"
            "\n"
            "1 model version: 0 can be served, 1 cannot; 1 error, 1 warning\n");
}

TEST(CheckText, SaysWhereTheFileAndTheModelDiffer) {
  CheckedModel model = Model("m");
  model.file_says.inputs.emplace_back();
  model.file_says.inputs[0].name = "x";
  model.file_says.inputs[0].type = DataType::kFp32;
  EXPECT_THAT(CheckText(Report({model}), false),
              HasSubstr("  differs                       the file says  the model says\n"
                        "            input x: data_type  FP32           INT32\n"));
}

TEST(CheckText, SaysWhetherRequestsShareARun) {
  CheckedModel model = Model("m");
  model.config.max_rows = 1;
  EXPECT_THAT(CheckText(Report({model}), false), HasSubstr("batching  off\n"));
  model.config = {};
  EXPECT_THAT(CheckText(Report({model}), false), HasSubstr("batching  up to the number of rows that pays"));
  model.signature.batched = false;
  EXPECT_THAT(CheckText(Report({model}), false), HasSubstr("batching  none"));
}

TEST(CheckText, IsPlainUnlessColoursAreWantedAndNoNameIsObeyed) {
  CheckedModel model = Model("m");
  model.signature.inputs[0].name = "a\x1b[2Jb\nc";
  EXPECT_THAT(CheckText(Report({model}), false), AllOf(Not(HasSubstr("\x1b")), HasSubstr("a\\u001b[2Jb\\nc")));
  EXPECT_THAT(CheckText(Report({model}), true), HasSubstr("\x1b[32mcan be served\x1b[0m"));
}

TEST(CheckJson, HasEverythingUnderStableKeys) {
  CheckReport report = Report({Model("m")});
  report.models[0].findings = {Warning()};
  EXPECT_EQ(
      CheckJson(report),
      R"({"ok":true,"models":[{"name":"m","version":1,"path":"models/m/1/model.onnx","servable":true,"backend":"onnx",)"
      R"("platform":"onnxruntime_onnx","format":"ONNX, IR version 8, opset 17","inputs":[{"name":"x",)"
      R"("datatype":"INT32","shape":[-1,2],"optional":false,"model_shape":null},{"name":"scale","datatype":"FP32",)"
      R"("shape":[1],"optional":true,"model_shape":null}],"outputs":[{"name":"y","datatype":"BYTES","shape":[-1,4,4],)"
      R"("optional":false,"model_shape":[-1,16]}],"batched":true,"decoupled":false,"max_batch_rows":8,"preferred_batch_rows":[4,8],)"
      R"("max_delay_us":100,"device":"cpu","instances":2,"threads":1,"weight_bytes":3145728,"differences":[],)"
      R"("findings":[{"severity":"warning","file":"m/config.pbtxt","line":7,"column":3,"field":"sequence_batching",)"
      R"("expected":"nothing","found":"a setting without effect","fix":"leave it out"}]}],"findings":[]})"
      "\n");
}

TEST(CheckExitCode, IsAFailureIfSomethingCannotBeServedAndForWarningsIfStrict) {
  CheckOptions options;
  CheckReport report = Report({Model("m")});
  EXPECT_EQ(CheckExitCode(options, report), kExitOk);
  report.findings = {Warning()};
  EXPECT_EQ(CheckExitCode(options, report), kExitOk);
  options.strict = true;
  EXPECT_EQ(CheckExitCode(options, report), kExitFailure);
  options.strict = false;
  report.findings = {Error()};
  EXPECT_EQ(CheckExitCode(options, report), kExitFailure);
  report.findings = {};
  report.models[0].servable = false;
  EXPECT_EQ(CheckExitCode(options, report), kExitFailure);
  EXPECT_THAT(CheckJson(report), StartsWith(R"({"ok":false)"));
}

TEST(ClientCalls, AskEveryModelThatCanBeServed) {
  CheckOptions options;
  options.client = CheckOptions::Client::kCurl;
  options.url = "http://h:1";
  CheckedModel broken = Model("broken");
  broken.servable = false;
  const std::string calls = ClientCalls(options, Report({Model("one"), Model("two", 1), Model("two", 2), broken}));
  EXPECT_THAT(calls, AllOf(HasSubstr("curl -s http://h:1/v2/models/one/infer "),
                           HasSubstr("http://h:1/v2/models/two/versions/1/infer "),
                           HasSubstr("http://h:1/v2/models/two/versions/2/infer "), Not(HasSubstr("broken"))));
  options.client = CheckOptions::Client::kPython;
  EXPECT_THAT(ClientCalls(options, Report({Model("one")})),
              AllOf(StartsWith("import "), HasSubstr("show(\"/v2/models/one/infer\",")));
}

}  // namespace
}  // namespace trireme
