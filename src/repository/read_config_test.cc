// SPDX-License-Identifier: Apache-2.0
#include "repository/read_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/temp_dir.h"

namespace trireme {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using namespace std::chrono_literals;
using Severity = Finding::Severity;

const ConfigContext kContext = {.model_name = "m", .file = "config.pbtxt", .folder = ".", .defaults = {}};

ConfigFile Read(std::string_view text, const ConfigContext& context = kContext) {
  return ReadConfigText(text, context);
}

std::vector<std::string> Texts(const ConfigFile& file, Severity severity) {
  std::vector<std::string> texts;
  for (const Finding& finding : file.findings) {
    if (finding.severity == severity) texts.push_back(finding.ToString());
  }
  return texts;
}

std::vector<std::string> Errors(const ConfigFile& file) {
  return Texts(file, Severity::kError);
}

// Of a config without errors.
ConfigFile ReadGood(std::string_view text, const ConfigContext& context = kContext) {
  ConfigFile file = Read(text, context);
  EXPECT_THAT(Errors(file), IsEmpty()) << text;
  return file;
}

struct Mistake {
  const char* text;
  const char* error;
};

void ExpectErrors(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes) {
    EXPECT_THAT(Errors(Read(mistake.text)), ElementsAre(HasSubstr(mistake.error))) << mistake.text;
  }
}

TEST(ReadConfig, SaysNothingWhereNothingIsSaid) {
  ConfigContext context = kContext;
  context.defaults.instances = 3;
  context.defaults.max_rows = 16;
  const ConfigFile file = ReadGood("", context);
  EXPECT_EQ(file.config.instances, 3);
  EXPECT_EQ(file.config.max_rows, 16);
  EXPECT_EQ(file.config.max_request_rows, 0);
  EXPECT_EQ(file.declared.max_batch_size, std::nullopt);
  EXPECT_EQ(file.declared.file, "config.pbtxt");
  EXPECT_FALSE(file.version_policy.declared);
  EXPECT_THAT(file.findings, IsEmpty());
}

TEST(ReadConfig, ReadsWhatIsUsual) {
  const ConfigFile file = ReadGood(R"(
name: "m"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 format: FORMAT_NCHW dims: [ 3, 224, 224 ] } ]
output [
  { name: "y" data_type: TYPE_FP32 dims: [ 1000 ] label_filename: "labels.txt" },
  { name: "text" data_type: TYPE_STRING dims: [ -1 ] }
]
instance_group [ { count: 2 kind: KIND_CPU } ]
dynamic_batching { preferred_batch_size: [ 4, 8 ] max_queue_delay_microseconds: 100 }
optimization { graph { level: 1 } }
parameters { key: "intra_op_thread_count" value: { string_value: "3" } }
parameters { key: "execution_mode" value: { string_value: "1" } }
default_model_filename: "net.onnx"
)");
  EXPECT_EQ(file.declared.max_batch_size, 8);
  ASSERT_THAT(file.declared.inputs, SizeIs(1));
  EXPECT_EQ(file.declared.inputs[0].name, "x");
  EXPECT_EQ(file.declared.inputs[0].type, DataType::kFp32);
  EXPECT_EQ(file.declared.inputs[0].dims, (Shape{3, 224, 224}));
  ASSERT_THAT(file.declared.outputs, SizeIs(2));
  EXPECT_EQ(file.declared.outputs[0].label_file, "labels.txt");
  EXPECT_EQ(file.declared.outputs[1].type, DataType::kBytes);
  EXPECT_EQ(file.declared.outputs[1].dims, (Shape{Shape::kAny}));
  EXPECT_EQ(file.config.instances, 2);
  EXPECT_EQ(file.config.max_rows, 8);
  EXPECT_EQ(file.config.max_request_rows, 8);
  EXPECT_THAT(file.config.preferred_rows, ElementsAre(4, 8));
  EXPECT_EQ(file.config.max_delay, 100us);
  EXPECT_EQ(file.config.graph_optimization, 1);
  EXPECT_EQ(file.config.threads, 3);
  EXPECT_THAT(file.config.runtime_parameters, ElementsAre(Pair("execution_mode", "1")));
  EXPECT_EQ(file.model_filename, "net.onnx");
  EXPECT_THAT(file.findings, IsEmpty());
  EXPECT_TRUE(file.served.ok());
}

TEST(ReadConfig, ATreeModelOfTritonsHasAllItsIterations) {
  EXPECT_THAT(Read("backend: 'fil'").config.runtime_parameters, ElementsAre(Pair("all_iterations", "true")));
  EXPECT_THAT(Read("backend: 'fil' parameters { key: 'all_iterations' value { string_value: 'false' } }")
                  .config.runtime_parameters,
              ElementsAre(Pair("all_iterations", "false")));
  EXPECT_THAT(Read("backend: 'trees'").config.runtime_parameters, IsEmpty());
}

TEST(ReadConfig, ReadsLabelsOfVersions) {
  const auto labels = [](const std::string& text) {
    return Read("parameters { key: 'version_labels' value { string_value: '" + text + "' } }");
  };
  const ConfigFile file = labels("stable=3,canary=4");
  EXPECT_THAT(Errors(file), IsEmpty());
  EXPECT_THAT(file.version_labels, ElementsAre(Pair("canary", 4), Pair("stable", 3)));
  EXPECT_THAT(file.config.runtime_parameters, IsEmpty());
  for (const char* wrong :
       {"stable", "stable=", "=3", "3=3", "a=1,a=2", "a=0", "a=x", "a b=1", "a=99999999999999999999"}) {
    EXPECT_THAT(Errors(labels(wrong)), ElementsAre(HasSubstr("LABEL=VERSION"))) << wrong;
  }
}

TEST(ReadConfig, SyntaxErrorsHaveLineAndColumn) {
  const struct {
    const char* text;
    const char* error;
  } cases[] = {
      {"name: \"m\"\n  max_batch_siz: 8",
       "config.pbtxt:2:3: max_batch_siz: expected a field of ModelConfig, found \"max_batch_siz\"; did you mean "
       "\"max_batch_size\"?"},
      {"input [\n  { name: \"x\" dmis: [ 1 ] }\n]",
       "config.pbtxt:2:15: dmis: expected a field of ModelInput, found \"dmis\"; did you mean \"dims\"?"},
      {"instance_group { kind: KIND_GPUU }",
       "config.pbtxt:1:24: kind: expected KIND_AUTO, KIND_GPU, KIND_CPU, KIND_MODEL, found KIND_GPUU; did you mean "
       "\"KIND_GPU\"?"},
      {"input { data_type: FP32 }",
       "config.pbtxt:1:20: data_type: expected TYPE_BOOL, TYPE_UINT8, TYPE_UINT16, TYPE_UINT32, TYPE_UINT64, "
       "TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64, TYPE_FP16, TYPE_FP32, TYPE_FP64, TYPE_STRING, TYPE_BF16, found "
       "FP32; did you mean \"TYPE_FP32\"?"},
      {"input { data_type: TYPE_FLOAT32 }",
       "config.pbtxt:1:20: data_type: expected TYPE_BOOL, TYPE_UINT8, TYPE_UINT16, TYPE_UINT32, "
       "TYPE_UINT64, TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64, TYPE_FP16, TYPE_FP32, TYPE_FP64, TYPE_STRING, "
       "TYPE_BF16, found TYPE_FLOAT32; did you mean \"TYPE_FP32\"?"},
      {"max_batch_size: \"8\"", "config.pbtxt:1:17: max_batch_size: expected integer, found \"8\""},
      {"max_batch_size: 8.5", "config.pbtxt:1:17: max_batch_size: expected integer, found 8.5"},
      {"max_batch_size: 99999999999", "config.pbtxt:1:17: Integer out of range"},
      {"name: 3", "config.pbtxt:1:7: name: expected string, found 3"},
      {"name: \"a\"\nname: \"b\"",
       "config.pbtxt:2:1: name: expected it once, found it a second time; remove one of them"},
      {"input {", "config.pbtxt:1:8: expected identifier, found the end of the file"},
      {"instance_group [ { count: 2 \nmax_batch_size: 8",
       "config.pbtxt:2:1: max_batch_size: expected a field of ModelInstanceGroup, found \"max_batch_size\"; it is a "
       "field "
       "of ModelConfig: is a closing bracket missing above?"},
      {"max_batch_size = 8", "config.pbtxt:1:16: Expected "},
      {"dynamic_batching {}\nsequence_batching {}",
       "config.pbtxt:2:1: sequence_batching: expected either sequence_batching or dynamic_batching, found both; remove "
       "one of them"},
      {"\x01", "config.pbtxt:1:1: Invalid control characters"},
      {"[foo.bar]: 3", "config.pbtxt:1:10: Extension"},
  };
  for (const auto& mistake : cases) {
    EXPECT_THAT(Errors(Read(mistake.text)), ElementsAre(StartsWith(mistake.error))) << mistake.text;
  }
}

TEST(ReadConfig, ReadsWhatEditorsOfOtherSystemsWrite) {
  const ConfigFile file = ReadGood("\xef\xbb\xbfname: 'm'\r\nmax_batch_size: 8\r\n# the end\r\n");
  EXPECT_EQ(file.declared.max_batch_size, 8);
  EXPECT_THAT(Errors(Read("\xef\xbb\xbfnam: 'm'\r\n")), ElementsAre(StartsWith("config.pbtxt:1:1: nam: ")));
  EXPECT_THAT(Errors(Read("name: 'm'\r\nmax_batch_size:\r\n")), ElementsAre(StartsWith("config.pbtxt:3:1: ")));
}

TEST(ReadConfig, FindsAValueWithoutItsPrefix) {
  for (const auto& [value, meant] : {std::pair("INT8", "TYPE_INT8"), {"uint8", "TYPE_UINT8"}, {"fp16", "TYPE_FP16"}}) {
    EXPECT_THAT(Errors(Read("input { data_type: " + std::string(value) + " }")),
                ElementsAre(HasSubstr("did you mean \"" + std::string(meant) + "\"?")));
  }
  EXPECT_THAT(Errors(Read("instance_group { kind: CPU }")), ElementsAre(HasSubstr("did you mean \"KIND_CPU\"?")));
}

TEST(ReadConfig, RefusesWhatIsTooLongOrTooDeepOrNoText) {
  EXPECT_THAT(Errors(Read(std::string((1 << 20) + 1, ' '))), ElementsAre(HasSubstr("expected at most 1048576 bytes")));
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += "input {";
  EXPECT_THAT(Errors(Read(deep)), SizeIs(1));
  EXPECT_THAT(Errors(Read("name: \"\\xff\"")), ElementsAre(HasSubstr("expected text in UTF-8")));
  EXPECT_THAT(Errors(Read("max_batch_size: 0\n\nname: '\xfc'")),
              ElementsAre(StartsWith("config.pbtxt:3:1: name: expected text in UTF-8")));
  EXPECT_THAT(Errors(Read("input {\n  name: 'x' }\ninput [ { dims: 1 }, {\n  name: '\xfc' } ]")),
              ElementsAre(StartsWith("config.pbtxt:4:3: name: expected text in UTF-8")));
  EXPECT_THAT(Errors(Read("parameters {\n  key: 'k'\n  value {\n    string_value: '\xfc' } }")),
              ElementsAre(StartsWith("config.pbtxt:4:5: string_value: expected text in UTF-8")));
  EXPECT_THAT(Errors(Read(std::string("name\0: 3", 8))), Not(IsEmpty()));
}

TEST(ReadConfig, ErrorsInMeaningHaveLineAndColumn) {
  const ConfigFile file = Read(R"(name: "other"
max_batch_size: -1
input [
  {
    name: "x"
    dims: [ 3, 0 ]
  },
  { data_type: TYPE_FP32 }
]
parameters { key: "a" value: { string_value: "1" } }
parameters {
  key: "intra_op_thread_count"
  value: { string_value: "many" }
}
)");
  EXPECT_THAT(
      Errors(file),
      ElementsAre("config.pbtxt:1:1: name: expected \"m\", the model's name, found \"other\"; write the name of the "
                  "model's folder, or leave it out",
                  "config.pbtxt:2:1: max_batch_size: expected 0 or more, found -1; write 0 for a model without a batch "
                  "dimension",
                  "config.pbtxt:13:3: parameters[\"intra_op_thread_count\"]: expected a number from 0 to 1024, found "
                  "\"many\"; write \"0\" to leave it to the server",
                  "config.pbtxt:6:5: input[0].dims[1]: expected 1 or more, or -1 for any size, found 0",
                  "config.pbtxt:8:5: input[1]: expected a name, found none; write the name of one of the model's "
                  "tensors"));
}

TEST(ReadConfig, SaysHowManyRowsABatchAndARequestMayHave) {
  const struct {
    const char* text;
    int64_t max_rows;
    int64_t max_request_rows;
  } cases[] = {
      {"", 32, 0},
      {"dynamic_batching {}", 32, 0},
      {"max_batch_size: 0", 1, 0},
      {"max_batch_size: 8", 8, 8},  // found out by the server, within that bound
      {"max_batch_size: 64", 32, 64},
      {"max_batch_size: 64 dynamic_batching {}", 64, 64},
      {"max_batch_size: 8 dynamic_batching {}", 8, 8},
  };
  ConfigContext context = kContext;
  context.defaults.max_rows = 32;
  for (const auto& rule : cases) {
    const ConfigFile file = ReadGood(rule.text, context);
    EXPECT_EQ(file.config.max_rows, rule.max_rows) << rule.text;
    EXPECT_EQ(file.config.max_request_rows, rule.max_request_rows) << rule.text;
  }
  EXPECT_EQ(ReadGood("max_batch_size: 8").config.max_rows, 0);
}

TEST(ReadConfig, RefusesTensorsThatMeanNothing) {
  const std::string many(20, '1');
  std::string dims;
  for (int i = 0; i < 16; ++i) dims += " dims: 1";
  ExpectErrors({
      {"input { name: 'x' data_type: 99 }", "input[0].data_type: expected a type like TYPE_FP32, found 99"},
      {"input { name: 'x' dims: -2 }", "input[0].dims[0]: expected 1 or more, or -1"},
      {("input { name: 'x'" + dims + "}").c_str(), "input[0].dims: expected at most 15 dimensions, found 16"},
      {"input { name: 'x' } input { name: 'x' }", "input[1].name: expected each name once"},
      {"output { name: 'x' } output { name: 'x' }", "output[1].name: expected each name once"},
      {"input { name: 'x' format: FORMAT_NHWC dims: 3 dims: 3 }", "input[0].format: expected 3 dims, for FORMAT_NHWC"},
      {"max_batch_size: 1 input { name: 'x' format: FORMAT_NHWC dims: [1, 2, 3, 4] }", "expected 3 dims"},
      {"input { name: 'x' format: 9 dims: [1, 2, 3] }", "expected FORMAT_NONE, FORMAT_NHWC or FORMAT_NCHW, found 9"},
      {"input { name: 'x' reshape { shape: 4 } }", "input[0].reshape: expected dims beside it"},
      {"input { name: 'x' dims: 4 reshape { shape: [3] } }", "found [3], which has 3 elements, where dims have 4"},
      {"input { name: 'x' dims: -1 reshape { shape: [-1, -1] } }", "which has 2 free dimensions, where dims have 1"},
      {"input { name: 'x' dims: 1 reshape { shape: [0] } }", "input[0].reshape.shape[0]: expected 1 or more"},
      {"input { name: 'x' dims: [9223372036854775807, 2] reshape { shape: [1] } }",
       "more elements than can be counted"},
  });
}

TEST(ReadConfig, TakesReshapes) {
  const ConfigFile file = ReadGood(
      "output { name: 'y' dims: 1 reshape { } } output { name: 'z' dims: [-1, 4] reshape { shape: [2, -1, 2] } }");
  EXPECT_EQ(file.declared.outputs[0].reshape, Shape{});
  EXPECT_EQ(file.declared.outputs[1].reshape, (Shape{2, Shape::kAny, 2}));
}

TEST(ReadConfig, BoundsHowManyThereAre) {
  std::string text;
  for (int i = 0; i < 1025; ++i) text += "input {} ";
  EXPECT_THAT(Errors(Read(text)), ElementsAre(HasSubstr("input: expected at most 1024, found 1025")));
  text.clear();
  for (int i = 0; i < 1000; ++i) text += "input {} output {}";
  const ConfigFile file = Read(text);
  EXPECT_THAT(file.findings, SizeIs(100));
}

TEST(ReadConfig, CountsInstances) {
  const struct {
    const char* text;
    int instances;
  } cases[] = {
      {"", 0},
      {"instance_group {}", 1},
      {"instance_group { count: 2 kind: KIND_CPU } instance_group { count: 3 kind: KIND_MODEL }", 5},
      {"instance_group { kind: KIND_AUTO gpus: [0] }", 1},
      {"instance_group { count: 4 passive: true } instance_group { count: 2 }", 2},
      {"instance_group { count: 4 passive: true }", 0},
  };
  for (const auto& rule : cases) EXPECT_EQ(ReadGood(rule.text).config.instances, rule.instances) << rule.text;
  ExpectErrors({
      {"instance_group { kind: KIND_CPU gpus: [0] }", "instance_group[0].gpus: expected none, for KIND_CPU"},
      {"instance_group { count: -1 }", "instance_group[0].count: expected a number from 1 to 1024, found -1"},
      {"instance_group { count: 2000000000 }", "instance_group[0].count"},
      {"instance_group { count: 1024 } instance_group { count: 1 }", "expected at most 1024 instances, found 1025"},
      {"instance_group { kind: 77 }", "instance_group[0].kind: expected KIND_AUTO, KIND_CPU, KIND_GPU or KIND_MODEL"},
  });
}

constexpr const char* kSlice = "MIG-01234567-89ab-cdef-0123-456789abcdef";

Device At(const std::string& name, int32_t index = 0) {
  Device device = Device::Parse(name).value();
  if (device.kind == DeviceKind::kMig) device.index = index;
  return device;
}
const std::vector<Device> kTwoGpus = {At("cpu"), At("cuda:0"), At("cuda:1")};

TEST(ReadConfig, ReadsWhereCopiesAreToRun) {
  const DeviceWish any;
  const DeviceWish gpu{.kind = DeviceWish::Kind::kGpu};
  const auto on = [](const std::string& name) { return DeviceWish::On(At(name)); };
  struct Rule {
    std::string text;
    std::vector<DeviceWish> copies;
    int instances = 0;
  };
  const std::vector<Rule> rules = {
      {"", {any}, 0},
      {"instance_group { count: 2 }", {any}, 2},
      {"instance_group { kind: KIND_MODEL }", {any}, 1},
      {"instance_group { kind: KIND_CPU }", {on("cpu")}, 1},
      {"instance_group { kind: KIND_GPU count: 3 }", {gpu}, 3},
      {"instance_group { kind: KIND_GPU count: 2 gpus: [1, 0] }", {on("cuda:1"), on("cuda:0")}, 4},
      {"instance_group { gpus: [1] }", {on("cuda:1")}, 1},
      {"instance_group { kind: KIND_CPU } instance_group { kind: KIND_GPU gpus: [0] }", {on("cpu"), on("cuda:0")}, 2},
      {R"(parameters { key: "copies" value { string_value: "3" } })", {any, any, any}, 0},
      {R"(instance_group { kind: KIND_GPU } parameters { key: "copies" value { string_value: "2" } })", {gpu, gpu}, 1},
      {R"(parameters { key: "device" value { string_value: "cuda:1" } })", {on("cuda:1")}, 0},
      {R"(parameters { key: "device" value { string_value: "cuda:1 , cuda:0" } })", {on("cuda:1"), on("cuda:0")}, 0},
      {R"(parameters { key: "device" value { string_value: "gpu" } })", {gpu}, 0},
      {R"(parameters { key: "device" value { string_value: "auto" } })", {any}, 0},
      {R"(parameters { key: "device" value { string_value: "cuda:1,cpu" } }
          parameters { key: "copies" value { string_value: "3" } })",
       {on("cuda:1"), on("cpu"), on("cuda:1")},
       0},
  };
  ConfigContext context = kContext;
  context.devices = kTwoGpus;
  for (const Rule& rule : rules) {
    const ConfigFile file = ReadGood(rule.text, context);
    EXPECT_EQ(file.config.copies, rule.copies) << rule.text;
    EXPECT_EQ(file.config.instances, rule.instances) << rule.text;
    EXPECT_THAT(file.config.runtime_parameters, IsEmpty()) << rule.text;
  }
  context.devices = {At(kSlice, 2)};
  for (const std::string& text :
       {std::string("instance_group { kind: KIND_GPU gpus: [2] }"),
        R"(parameters { key: "device" value { string_value: ")" + std::string(kSlice) + "\" } }"}) {
    const ConfigFile file = ReadGood(text, context);
    ASSERT_EQ(file.config.copies.size(), 1U) << text;
    EXPECT_EQ(file.config.copies[0], on(kSlice)) << text;
    EXPECT_EQ(file.config.copies[0].device.index, 2) << text;  // which a runtime wants to know
  }
}

TEST(ReadConfig, NamesDevicesThatAreNotThere) {
  ConfigContext context = kContext;
  context.devices = {At("cuda:0"), At("cuda:1")};
  const auto errors = [&](const std::string& text) { return Texts(ReadConfigText(text, context), Severity::kError); };
  EXPECT_THAT(
      errors("instance_group { kind: KIND_GPU gpus: [0, 5] }"),
      ElementsAre(HasSubstr("instance_group[0].gpus: expected numbers of GPUs of this server, which has cuda:0, "
                            "cuda:1, found 5")));
  EXPECT_THAT(
      errors("instance_group { kind: KIND_CPU }"),
      ElementsAre(HasSubstr("instance_group[0].kind: expected KIND_GPU or KIND_AUTO, as this server has cuda:0, "
                            "cuda:1, found KIND_CPU")));
  for (const char* device : {"cuda:5", "cpu", "", "cuda:0,", "gpus", "MIG-1"}) {
    EXPECT_THAT(errors(R"(parameters { key: "device" value { string_value: ")" + std::string(device) + "\" } }"),
                ElementsAre(AllOf(HasSubstr(R"(parameters["device"])"), HasSubstr("this server, which has cuda:0"))))
        << device;
  }
  EXPECT_THAT(errors("instance_group { kind: KIND_GPU gpus: [1, 0, 1] }"),
              ElementsAre(HasSubstr("instance_group[0].gpus: expected each GPU once, found 1 twice")));
  for (const char* copies : {"0", "1", "65", "-1", "two", ""}) {
    EXPECT_THAT(errors(R"(parameters { key: "device" value { string_value: "gpu,gpu" } }
                          parameters { key: "copies" value { string_value: ")" +
                       std::string(copies) + "\" } }"),
                ElementsAre(HasSubstr(R"(parameters["copies"]: expected a number from 2)")))
        << copies;
  }
}

TEST(ReadConfig, DeviceAndInstanceGroupDoNotContradict) {
  ConfigContext context = kContext;
  context.devices = kTwoGpus;
  const auto both = [](const std::string& group, const std::string& device) {
    return "instance_group { " + group + R"( } parameters { key: "device" value { string_value: ")" + device + "\" } }";
  };
  struct Case {
    std::string group, device, says;
  };
  const std::vector<Case> contradictions = {{"kind: KIND_CPU", "cuda:1", "cpu"},
                                            {"kind: KIND_CPU", "gpu", "cpu"},
                                            {"kind: KIND_GPU", "cpu", "gpu"},
                                            {"kind: KIND_GPU", "cuda:0,cpu", "gpu"},
                                            {"kind: KIND_GPU", "auto", "gpu"},
                                            {"kind: KIND_GPU gpus: [0]", "cuda:1", "cuda:0"},
                                            {"gpus: [0, 1]", "cuda:0", "cuda:0, cuda:1"}};
  for (const Case& one : contradictions) {
    EXPECT_THAT(Texts(ReadConfigText(both(one.group, one.device), context), Severity::kError),
                ElementsAre(HasSubstr(R"(parameters["device"]: expected what instance_group says: )" + one.says +
                                      ", found \"" + one.device + "\"; leave out one of the two")))
        << one.group;
  }
  for (const auto& [group, device] :
       std::vector<std::pair<std::string, std::string>>{{"count: 2", "cuda:1"},
                                                        {"kind: KIND_GPU", "cuda:1"},
                                                        {"kind: KIND_CPU", "cpu"},
                                                        {"gpus: [0, 1]", "cuda:1, cuda:0"},
                                                        {"kind: KIND_MODEL", "cpu"}}) {
    EXPECT_THAT(Texts(ReadConfigText(both(group, device), context), Severity::kError), IsEmpty()) << group;
  }
}

TEST(ReadConfig, ServesGpuInstancesOnTheCpuWithAWarning) {
  const ConfigFile file = ReadGood("instance_group { count: 2 kind: KIND_GPU gpus: [0] }");
  EXPECT_EQ(file.config.instances, 2);
  EXPECT_THAT(Texts(file, Severity::kWarning),
              ElementsAre(AllOf(HasSubstr("1:27: instance_group[0].kind"), HasSubstr("it is served on the CPU"))));
  ConfigContext context = kContext;
  context.devices = kTwoGpus;
  EXPECT_THAT(ReadGood("instance_group { kind: KIND_GPU }", context).findings, IsEmpty());
}

TEST(ReadConfig, ReadsDynamicBatching) {
  const ModelConfig config = ReadGood(R"(max_batch_size: 8
dynamic_batching {
  preferred_batch_size: [ 8, 4, 8 ]
  max_queue_delay_microseconds: 18446744073709551615
  priority_levels: 3
  default_priority_level: 2
  default_queue_policy { default_timeout_microseconds: 1000 allow_timeout_override: true max_queue_size: 5 }
  priority_queue_policy { key: 3 value { timeout_action: DELAY default_timeout_microseconds: 7 } }
})")
                                 .config;
  EXPECT_THAT(config.preferred_rows, ElementsAre(4, 8));
  EXPECT_EQ(config.max_delay, 365 * 24h);
  EXPECT_EQ(config.priority_levels, 3U);
  EXPECT_EQ(config.default_priority, 2U);
  EXPECT_EQ(config.queue_policy.timeout, 1ms);
  EXPECT_TRUE(config.queue_policy.allow_timeout_override);
  EXPECT_EQ(config.queue_policy.max_waiting_requests, 5U);
  ASSERT_THAT(config.level_policies, SizeIs(1));
  EXPECT_EQ(config.level_policies.at(3).timeout_action, QueuePolicy::TimeoutAction::kDelay);
  EXPECT_EQ(config.level_policies.at(3).timeout, 7us);
  EXPECT_TRUE(ReadGood("dynamic_batching { preserve_ordering: true }").config.preserve_ordering);
}

TEST(ReadConfig, RefusesBatchingThatContradictsItself) {
  ExpectErrors({
      {"max_batch_size: 8 dynamic_batching { preferred_batch_size: [4, 9] }",
       "dynamic_batching.preferred_batch_size[1]: expected a size from 1 to max_batch_size, 8, found 9"},
      {"dynamic_batching { preferred_batch_size: 0 }", "preferred_batch_size[0]: expected a size from 1 to"},
      {"max_batch_size: 0 dynamic_batching { preferred_batch_size: 1 }", "from 1 to max_batch_size, 0, found 1"},
      {"dynamic_batching { priority_levels: 2 }", "expected a default_priority_level from 1 to 2, found none"},
      {"dynamic_batching { priority_levels: 2 default_priority_level: 3 }",
       "dynamic_batching.default_priority_level: expected a default_priority_level from 1 to 2, found 3"},
      {"dynamic_batching { priority_levels: 5000000000 default_priority_level: 3 }", "expected at most 1000"},
      {"dynamic_batching { priority_levels: 2 default_priority_level: 1 priority_queue_policy { key: 3 value {} } }",
       "dynamic_batching.priority_queue_policy[\"3\"]: expected a level from 1 to 2, found 3"},
      {"dynamic_batching { preserve_ordering: true priority_levels: 2 default_priority_level: 1 }",
       "priority_levels: expected one level, because of preserve_ordering"},
      {"dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY "
       "default_timeout_microseconds: 1 } }",
       "dynamic_batching.default_queue_policy.timeout_action: expected REJECT"},
      {"dynamic_batching { preserve_ordering: true priority_levels: 1 default_priority_level: 1 priority_queue_policy "
       "{ key: 1 value { timeout_action: DELAY default_timeout_microseconds: 1 } } }",
       "dynamic_batching.priority_queue_policy[\"1\"].timeout_action: expected REJECT"},
      {"dynamic_batching { default_queue_policy { timeout_action: 5 } }", "expected REJECT or DELAY, found 5"},
  });
  // Without a time-out nothing is ever put behind.
  ReadGood("dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY } }");
  EXPECT_THAT(Texts(ReadGood("max_batch_size: 0 dynamic_batching {}"), Severity::kWarning),
              ElementsAre(HasSubstr("expected a max_batch_size above 0")));
  EXPECT_THAT(Texts(ReadGood("dynamic_batching { priority_queue_policy { key: 1 value {} } }"), Severity::kWarning),
              SizeIs(1));
}

TEST(ReadConfig, ReadsVersionPolicies) {
  EXPECT_EQ(ReadGood("version_policy { all {} }").version_policy.kind, VersionPolicy::Kind::kAll);
  const VersionPolicy latest = ReadGood("version_policy { latest { num_versions: 3 } }").version_policy;
  EXPECT_EQ(latest.kind, VersionPolicy::Kind::kLatest);
  EXPECT_EQ(latest.latest, 3U);
  EXPECT_TRUE(latest.declared);
  EXPECT_EQ(ReadGood("version_policy { latest {} }").version_policy.latest, 1U);
  const VersionPolicy specific = ReadGood("version_policy: { specific: { versions: [4, 2] } }").version_policy;
  EXPECT_THAT(specific.versions, ElementsAre(4, 2));
  EXPECT_EQ(specific.place.field, "version_policy.specific.versions");
  EXPECT_EQ(specific.place.line, 1);
  ExpectErrors(
      {{"version_policy { specific {} }", "expected versions, found none"},
       {"version_policy { specific { versions: 0 } }", "versions[0]: expected a version, 1 or more, found 0"}});
}

TEST(ReadConfig, NamesBackendsThatAreNotServedYet) {
  for (const char* text :
       {"", "backend: 'onnxruntime'", "platform: 'onnxruntime_onnx'", "backend: 'onnx'",
        "backend: 'onnxruntime' platform: 'onnxruntime_onnx'", "backend: 'pytorch'", "platform: 'pytorch_libtorch'",
        "backend: 'tensorflow'", "platform: 'tensorflow_savedmodel'"}) {
    EXPECT_TRUE(ReadGood(text).served.ok()) << text;
  }
  for (const char* name : {"python", "tensorrt_plan", "tensorflow_graphdef"}) {
    for (const char* field : {"backend", "platform"}) {
      const std::string text = std::string(field) + ": '" + name + "'";
      const ConfigFile file = Read(text);
      EXPECT_EQ(file.served.code(), StatusCode::kUnsupported) << text;
      EXPECT_THAT(file.served.message(), AllOf(HasSubstr(name), HasSubstr("not served yet"))) << text;
      EXPECT_THAT(Errors(file), SizeIs(1)) << text;
    }
  }
  EXPECT_THAT(Read("backend: 'onnxruntim'").served.message(), HasSubstr("did you mean \"onnxruntime\"?"));
  EXPECT_THAT(Read("backend: 'onnxruntime' platform: 'tensorrt_plan'").served.message(), HasSubstr("platform"));
  const ConfigFile ensemble = Read("platform: 'ensemble' ensemble_scheduling { step { model_name: 'a' } }");
  EXPECT_EQ(ensemble.served.code(), StatusCode::kUnsupported);
  EXPECT_THAT(ensemble.served.message(), HasSubstr("an ensemble, which is not served yet"));
}

TEST(ReadConfig, RefusesModelFilesElsewhere) {
  for (const char* name : {"/etc/passwd", "../2/model.onnx", "a/../../b", "..", "a/"}) {
    EXPECT_THAT(Errors(Read("default_model_filename: '" + std::string(name) + "'")),
                ElementsAre(HasSubstr("expected a name in the version's folder")))
        << name;
  }
  EXPECT_EQ(ReadGood("default_model_filename: 'onnx/model.onnx'").model_filename, "onnx/model.onnx");
}

TEST(ReadConfig, ReadsWarmup) {
  const TempDir dir;
  dir.Write("warmup/x.bin", std::string(48, '\0'));
  ConfigContext context = kContext;
  context.folder = dir.path();
  const ConfigFile file = ReadGood(R"(max_batch_size: 4
model_warmup [
  { name: "first" batch_size: 2 count: 3
    inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 3, 4 ] input_data_file: "x.bin" } }
    inputs { key: "y" value { data_type: TYPE_STRING dims: 1 zero_data: true } } },
  { inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 3, 4 ] random_data: true } } }
])",
                                   context);
  ASSERT_THAT(file.declared.warmup, SizeIs(2));
  EXPECT_EQ(file.declared.warmup[0].place.field, "model_warmup[0]");
  const DeclaredWarmup::Input& places = file.declared.warmup[0].inputs.at("y");
  EXPECT_EQ(places.dims_place.field, "model_warmup[0].inputs[\"y\"].dims");
  EXPECT_EQ(places.dims_place.line, 5);
  EXPECT_EQ(places.type_place.field, "model_warmup[0].inputs[\"y\"].data_type");
  const ModelConfig& config = file.config;
  ASSERT_THAT(config.warmup, SizeIs(2));
  const WarmupSample& first = config.warmup[0];
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.rows, 2);
  EXPECT_EQ(first.count, 3);
  ASSERT_THAT(first.inputs, SizeIs(2));
  EXPECT_EQ(first.inputs.at("x").fill, WarmupSample::Input::Fill::kFile);
  EXPECT_EQ(first.inputs.at("x").dims, (Shape{3, 4}));
  EXPECT_TRUE(std::filesystem::equivalent(first.inputs.at("x").file, dir / "warmup/x.bin"));
  EXPECT_EQ(first.inputs.at("y").type, DataType::kBytes);
  EXPECT_EQ(config.warmup[1].name, "model_warmup[1]");
  EXPECT_EQ(config.warmup[1].rows, 1);
  EXPECT_EQ(config.warmup[1].count, 1);
  EXPECT_EQ(config.warmup[1].inputs.at("x").fill, WarmupSample::Input::Fill::kRandom);
  EXPECT_EQ(ReadGood("max_batch_size: 0 model_warmup { batch_size: 1 inputs { key: 'x' value { data_type: TYPE_FP32 "
                     "dims: 1 zero_data: true } } }")
                .config.warmup[0]
                .rows,
            0);
}

TEST(ReadConfig, RefusesWarmupThatCannotBeMade) {
  const TempDir dir;
  dir.Write("m/warmup/short.bin", "abc");
  dir.Write("outside.bin", std::string(100, 'a'));
  std::filesystem::create_symlink(dir / "outside.bin", dir / "m/warmup/link.bin");
  ConfigContext context = kContext;
  context.folder = dir / "m";
  const struct {
    const char* sample;
    const char* error;
  } cases[] = {
      {"", "model_warmup[0]: expected inputs, found none"},
      {"inputs { key: 'x' value { dims: 1 zero_data: true } }", "[\"x\"].data_type: expected a type like TYPE_FP32"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: -1 zero_data: true } }", "dims[0]: expected 1 or more"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 } }", "expected zero_data, random_data or"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: [1000000, 1000000] zero_data: true } }",
       "dims: expected at most 268435456 bytes in all rows"},
      {"name: 'big' inputs { key: 'x' value { data_type: TYPE_FP32 dims: 40000000 zero_data: true } } "
       "inputs { key: 'y' value { data_type: TYPE_STRING dims: 4000000 random_data: true } }",
       "model_warmup[0].inputs: expected at most 268435456 bytes in all inputs and rows, found 288000000 in sample "
       "\"big\""},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: 'gone.bin' } }",
       "\"gone.bin\": no such file"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: 'short.bin' } }",
       "expected 4 bytes, one row of [1] FP32, found 3"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: '../../outside.bin' } }",
       "a path that leads out of the model's folder"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: 'link.bin' } }",
       "a link that leads out of the model's folder"},
      {"inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 input_data_file: '/etc/passwd' } }", "an absolute path"},
      {"batch_size: 9 inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 zero_data: true } }",
       "batch_size: expected at most 8, for max_batch_size: 8, found 9"},
      {"count: 4000000000 inputs { key: 'x' value { data_type: TYPE_FP32 dims: 1 zero_data: true } }", "count"},
  };
  for (const auto& mistake : cases) {
    const std::string text = "max_batch_size: 8 model_warmup {" + std::string(mistake.sample) + "}";
    EXPECT_THAT(Errors(Read(text, context)), ElementsAre(HasSubstr(mistake.error))) << text;
  }
}

TEST(ReadConfig, ReportsWhatIsNotHonouredOnce) {
  const ConfigFile file = ReadGood(R"(
sequence_batching { max_sequence_idle_microseconds: 5 }
input { name: "x" allow_ragged_batch: true is_shape_tensor: true }
input { name: "y" allow_ragged_batch: true }
output { name: "z" is_shape_tensor: true }
batch_input { kind: BATCH_ELEMENT_COUNT target_name: "c" data_type: TYPE_FP32 source_input: "x" }
batch_output { target_name: "z" source_input: "x" }
instance_group { rate_limiter { priority: 2 } host_policy: "numa" }
optimization {
  priority: PRIORITY_MAX
  cuda { graphs: true }
  execution_accelerators { gpu_execution_accelerator { name: "tensorrt" } }
  input_pinned_memory { enable: true }
}
cc_model_filenames { key: "8.0" value: "a.onnx" }
metric_tags { key: "a" value: "b" }
model_operations { op_library_filename: "a.so" }
model_repository_agents { agents { name: "a" } }
runtime: "a"
model_metrics { metric_control { metric_identifier { family: "a" } } }
)");
  std::vector<std::string> fields;
  for (const Finding& finding : file.findings) {
    fields.push_back(finding.field);
    EXPECT_GT(finding.line, 1) << finding.field;
    EXPECT_THAT(finding.ToString(), HasSubstr("not honoured yet; ")) << finding.field;
  }
  EXPECT_THAT(fields,
              ::testing::UnorderedElementsAre(
                  "sequence_batching", "input[0].allow_ragged_batch", "input[0].is_shape_tensor",
                  "output[0].is_shape_tensor", "batch_input", "batch_output", "instance_group[0].rate_limiter",
                  "instance_group[0].host_policy", "optimization.priority", "optimization.cuda",
                  "optimization.execution_accelerators", "cc_model_filenames", "metric_tags",
                  "model_operations.op_library_filename", "model_repository_agents", "runtime", "model_metrics"));
}

TEST(ReadConfig, ReadsWhetherAnswersAreKept) {
  ConfigContext context = kContext;
  EXPECT_EQ(ReadGood("").config.cache_bytes, 0U);
  EXPECT_EQ(ReadGood("response_cache { enable: false }").config.cache_bytes, 0U);
  EXPECT_EQ(ReadGood("response_cache { enable: true }").config.cache_bytes, kEnabledCacheBytes);
  context.enabled_cache_bytes = 5000;
  EXPECT_EQ(ReadConfigText("response_cache { enable: true }", context).config.cache_bytes, 5000U);
  context.defaults.cache_bytes = 7000;
  EXPECT_EQ(ReadConfigText("response_cache { enable: true }", context).config.cache_bytes, 7000U);
  EXPECT_EQ(ReadConfigText("", context).config.cache_bytes, 7000U);
  EXPECT_EQ(ReadConfigText("response_cache { enable: false }", context).config.cache_bytes, 0U);
}

TEST(ReadConfig, KeepsNoAnswersThatAreForOneRequestAlone) {
  for (const char* text : {"response_cache { enable: true } model_transaction_policy { decoupled: true }",
                           "response_cache { enable: true } sequence_batching { }"}) {
    const ConfigFile file = Read(text);
    EXPECT_EQ(file.config.cache_bytes, 0U) << text;
    const bool is_said =
        std::ranges::any_of(file.findings, [](const Finding& finding) { return finding.field == "response_cache"; });
    EXPECT_TRUE(is_said) << text;
  }
}

TEST(ReadConfig, ReadsTheTransactionPolicy) {
  EXPECT_FALSE(Read("").config.decoupled);
  EXPECT_TRUE(Read("model_transaction_policy { decoupled: true }").config.decoupled);
  EXPECT_FALSE(Read("model_transaction_policy { decoupled: false } dynamic_batching { preserve_ordering: true }")
                   .config.decoupled);
  const ConfigFile both =
      Read("model_transaction_policy { decoupled: true }\ndynamic_batching { preserve_ordering: true }");
  ASSERT_EQ(both.findings.size(), 1U);
  EXPECT_EQ(both.findings[0].severity, Finding::Severity::kError);
  EXPECT_EQ(both.findings[0].field, "dynamic_batching.preserve_ordering");
  EXPECT_EQ(both.findings[0].line, 2);
}

TEST(ReadConfig, ReadsJson) {
  const ConfigFile file = ReadConfigJson(
      R"({"name": "m", "maxBatchSize": 8, "dynamic_batching": {"maxQueueDelayMicroseconds": "7"},
          "input": [{"name": "x", "data_type": "TYPE_FP32", "dims": ["3", 4]}],
          "parameters": {"a": {"string_value": "1"}}})",
      kContext);
  EXPECT_THAT(file.findings, IsEmpty());
  EXPECT_EQ(file.config.max_rows, 8);
  EXPECT_EQ(file.config.max_delay, 7us);
  EXPECT_EQ(file.declared.inputs.at(0).dims, (Shape{3, 4}));
  EXPECT_THAT(file.config.runtime_parameters, ElementsAre(Pair("a", "1")));
  EXPECT_THAT(file.message, Not(IsEmpty()));
}

TEST(ReadConfig, JsonErrorsNameTheField) {
  const ConfigContext context = {.model_name = "m", .file = "config", .folder = ".", .defaults = {}};
  const Mistake cases[] = {
      {R"({"input": [{"dmis": [1]}]})",
       "config: input[0].dmis: expected a field of ModelInput, found \"dmis\"; did you mean \"dims\"?"},
      {R"({"max_batch": 3})", "config: max_batch: expected a field of ModelConfig, found \"max_batch\""},
      {R"({"instance_group": [{"kind": "KIND_GPUU"}]})",
       "config: instance_group[0].kind: expected KIND_AUTO, KIND_GPU, KIND_CPU, KIND_MODEL, found KIND_GPUU; did you "
       "mean \"KIND_GPU\"?"},
      {R"({"max_batch_size": "x"})", "config: max_batch_size: invalid value "},
      {R"({"input": [{"dims": [1.5]}]})", "config: input[0].dims[0]: invalid value 1.5"},
      {R"({"parameters": {"a": {"strng_value": ""}}})", "did you mean \"string_value\"?"},
      {"[1]", "config: Root element must be a message."},
      {"", "config: Unexpected end of string."},
      {"{\"name\": \"\xff\"}", "UTF-8"},
      {R"({"max_batch_size": -1})", "config: max_batch_size: expected 0 or more, found -1"},
  };
  for (const Mistake& mistake : cases) {
    EXPECT_THAT(Errors(ReadConfigJson(mistake.text, context)), ElementsAre(HasSubstr(mistake.error))) << mistake.text;
  }
  const std::string deep = "{\"input\":" + std::string(100000, '[');
  EXPECT_THAT(Errors(ReadConfigJson(deep, context)), SizeIs(1));
}

TEST(ReadConfig, WritesNothingToStandardError) {
  ::testing::internal::CaptureStderr();
  Read("name: \"\\xff\" nothing");
  Read("name: \"\\xff\"");
  Read("input {");
  ReadConfigJson("{\"name\": \"\xff\"}", kContext);
  ReadConfigJson("{\"name\": \"\\ud800\"}", kContext);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(ReadConfig, TheSameConfigIsTheSameMessage) {
  const char* text =
      "parameters { key: 'a' value {} } parameters { key: 'b' value {} } parameters { key: 'c' value {} } metric_tags "
      "{ "
      "key: 'x' value: 'y' }";
  EXPECT_EQ(ReadGood(text).message, ReadGood(text).message);
}

TEST(ReadConfig, SaysWhatClientsOfSequencesMustSendThemselves) {
  const ConfigFile file = ReadGood(R"(
sequence_batching {
  control_input { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
  state { input_name: "SIN" output_name: "SOUT" data_type: TYPE_FP32 dims: [ 1 ] }
})");
  ASSERT_THAT(file.findings, SizeIs(1));
  EXPECT_THAT(file.findings[0].fix, testing::HasSubstr("clients must send \"START\", \"SIN\" themselves"));
}

}  // namespace
}  // namespace trireme
