// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/torch_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/torch/testing/backend_fixture.h"

namespace trireme::torch_backend {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kAny = Shape::kAny;

using TorchBackendTest = TorchBackendFixture;

constexpr const char* kIdentity = "def forward(self, x):\n  return x\n";

TEST_F(TorchBackendTest, TellsWhatAModelTakesByItsFirstLayer) {
  const auto linear = Module("def forward(self, x):\n  return torch.relu(torch.linear(x, self.w, self.b))\n",
                             {{"w", {5, 7}}, {"b", {5}}});
  EXPECT_THAT(Shown(linear->signature().inputs), ElementsAre("x FP32[-1,7]"));
  EXPECT_THAT(Shown(linear->signature().outputs), ElementsAre("output__0 FP32[-1,5]"));
  EXPECT_TRUE(linear->signature().batched);
  const auto image = Module("def forward(self, image):\n  return torch.conv2d(image / 2.0, self.w).mean([2, 3])\n",
                            {{"w", {4, 3, 3, 3}}});
  EXPECT_THAT(Shown(image->signature().inputs), ElementsAre("image FP32[-1,3,-1,-1]"));
  EXPECT_THAT(Shown(image->signature().outputs), ElementsAre("output__0 FP32[-1,4]"));
  const auto text = Module(
      "def forward(self, ids, mask):\n  return torch.embedding(self.w, ids) * mask.unsqueeze(-1)\n", {{"w", {10, 6}}});
  EXPECT_THAT(Shown(text->signature().inputs), ElementsAre("ids INT64[-1,-1]", "mask INT64[-1,-1]"));
  EXPECT_THAT(Shown(text->signature().outputs), ElementsAre("output__0 FP32[-1,-1,6]"));
}

TEST_F(TorchBackendTest, TellsWhatATracedConvolutionTakes) {
  const auto convolution = [&](const std::string& transposed, const std::vector<int64_t>& weight) {
    return Module("def forward(self, x):\n  return torch._convolution(x, self.w, None, [2, 2], [1, 1], [1, 1], " +
                      transposed + ", [0, 0], 1, False, False, True, True)\n",
                  {{"w", weight}});
  };
  EXPECT_THAT(Shown(convolution("False", {6, 5, 3, 3})->signature().inputs), ElementsAre("x FP32[-1,5,-1,-1]"));
  EXPECT_THAT(Shown(convolution("True", {5, 6, 4, 4})->signature().inputs), ElementsAre("x FP32[-1,5,-1,-1]"));
}

TEST_F(TorchBackendTest, FindsTheSideOfAnImageThatIsFixed) {
  const auto model =
      Module("def forward(self, x):\n  return torch.linear(torch.conv2d(x, self.k).flatten(1), self.w)\n",
             {{"k", {1, 1, 1, 1}}, {"w", {10, 28 * 28}}});
  EXPECT_THAT(Shown(model->signature().inputs), ElementsAre("x FP32[-1,1,28,28]"));
  EXPECT_THAT(Shown(model->signature().outputs), ElementsAre("output__0 FP32[-1,10]"));
}

TEST_F(TorchBackendTest, SaysWhatItAssumed) {
  const auto facts = backend_->Describe({.path = Write(kIdentity)}, {});
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->format, "TorchScript, forward(x: Tensor)");
  EXPECT_THAT(facts->notes, ElementsAre(AllOf(HasSubstr("assumed x FP32[-1,-1]"), HasSubstr("config.pbtxt"))));
}

TEST_F(TorchBackendTest, SaysWhatToWriteWhereNothingGoes) {
  const Status status = OpenError({.path = Write("def forward(self, a, b):\n  return a.reshape(7, 11) @ b\n")});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("config.pbtxt"), HasSubstr("name: \"a\""), HasSubstr("name: \"b\""),
                                      HasSubstr("OUTPUT__0")));
}

TEST_F(TorchBackendTest, TakesTheNamesOfAConfig) {
  const auto path = Write("def forward(self, a, b):\n  return a - b, a + b\n");
  const Shape row = {kAny, 2};
  const std::vector<TensorSpec> outputs = {{"OUTPUT__1", DataType::kFp32, row}, {"OUTPUT__0", DataType::kFp32, row}};
  for (const auto& [first, second] : std::map<std::string, std::string>{{"b", "a"}, {"IN__1", "IN__0"}}) {
    const auto model = Open({.path = path,
                             .declared = {.inputs = {{first, DataType::kFp32, row}, {second, DataType::kFp32, row}},
                                          .outputs = outputs,
                                          .batched = true}});
    EXPECT_THAT(Shown(model->signature().inputs), ElementsAre(second + " FP32[-1,2]", first + " FP32[-1,2]"));
    const auto got = Run(*model, {Numbers({1, 2}, 10), Numbers({1, 2}, 1)});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_THAT((*got)[0].As<float>(), ElementsAre(11, 13)) << "OUTPUT__1";
    EXPECT_THAT((*got)[1].As<float>(), ElementsAre(9, 9)) << "OUTPUT__0";
  }
  const auto in_order = Open({.path = path,
                              .declared = {.inputs = {{"left", DataType::kFp32, row}, {"right", DataType::kFp32, row}},
                                           .outputs = {{"minus", DataType::kFp32, row}}}});
  const auto got = Run(*in_order, {Numbers({1, 2}, 10), Numbers({1, 2}, 1)});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[0].As<float>(), ElementsAre(9, 9));
}

TEST_F(TorchBackendTest, RefusesAConfigThatContradictsTheModule) {
  const auto path = Write("def forward(self, a, b):\n  return a + b\n");
  const std::vector<TensorSpec> both = {{"a", DataType::kFp32, {kAny, 2}}, {"b", DataType::kFp32, {kAny, 2}}};
  const auto error = [&](const Signature& declared) {
    const Status status = OpenError({.path = path, .declared = declared});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << status;
    return status.message();
  };
  EXPECT_THAT(error({.inputs = {both[0]}}), AllOf(HasSubstr("expected 'a', 'b'"), HasSubstr("found 'a'")));
  EXPECT_THAT(error({.inputs = both, .outputs = {{"OUTPUT__1", DataType::kFp32, {kAny, 2}}}}),
              AllOf(HasSubstr("'OUTPUT__1'"), HasSubstr("gives 1")));
  EXPECT_THAT(error({.inputs = both, .outputs = {{"sum", DataType::kInt32, {kAny, 2}}}}),
              AllOf(HasSubstr("'sum'"), HasSubstr("TYPE_FP32"), HasSubstr("TYPE_INT32")));
  EXPECT_THAT(error({.inputs = both, .outputs = {{"sum", DataType::kFp32, {2}}}}),
              AllOf(HasSubstr("'sum'"), HasSubstr("[-1,2]"), HasSubstr("[2]")));
  EXPECT_THAT(error({.inputs = {{"b", DataType::kFp32, {kAny, 2}}, {"aa", DataType::kFp32, {kAny, 2}}}}),
              AllOf(HasSubstr("expected 'a', 'b'"), HasSubstr("found 'b', 'aa'")));
  const Status text =
      OpenError({.path = Write(kIdentity), .declared = {.inputs = {{"x", DataType::kBytes, {kAny}}}, .outputs = {}}});
  EXPECT_EQ(text.code(), StatusCode::kUnsupported);
  EXPECT_THAT(text.message(), HasSubstr("TYPE_STRING"));
}

TEST_F(TorchBackendTest, FlattensWhatForwardReturns) {
  const auto model = Module(
      "def forward(self, x):\n"
      "  # type: (Tensor) -> Tuple[Tensor, Dict[str, Tensor], List[Tensor], int, bool]\n"
      "  return x, {'logits': x * 2, 'hidden': x.t()}, [x + 1, x + 2], 7, True\n");
  EXPECT_THAT(Shown(model->signature().outputs),
              ElementsAre("output__0 FP32[-1,-1]", "logits FP32[-1,-1]", "hidden FP32[-1,-1]", "output__3 FP32[-1,-1]",
                          "output__4 FP32[-1,-1]", "output__5 INT64[]", "output__6 BOOL[]"));
  const auto got = Run(*model, {Numbers({2, 3})});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[2].As<float>(), ElementsAre(0, 3, 1, 4, 2, 5)) << "not where it lies, but in order";
  EXPECT_EQ((*got)[2].shape, Shape({3, 2}));
  EXPECT_THAT((*got)[5].As<int64_t>(), ElementsAre(7));
}

TEST_F(TorchBackendTest, FindsOutputsByTheirKeyWhateverTheirOrder) {
  const auto path =
      Write("def forward(self, x):\n  # type: (Tensor) -> Dict[str, Tensor]\n  return {'a': x + 1, 'b': x + 2}\n");
  const auto model =
      Open({.path = path,
            .declared = {.inputs = {{"x", DataType::kFp32, {kAny, 1}}},
                         .outputs = {{"b", DataType::kFp32, {kAny, 1}}, {"a", DataType::kFp32, {kAny, 1}}},
                         .batched = true}});
  const auto got = Run(*model, {Numbers({1, 1})});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[0].As<float>(), ElementsAre(2));
  EXPECT_THAT((*got)[1].As<float>(), ElementsAre(1));
}

TEST_F(TorchBackendTest, TakesNoOrderWhereNamesAreKeys) {
  const auto path = Write(
      "def forward(self, x):\n  # type: (Tensor) -> Dict[str, Tensor]\n"
      "  return {'boxes': x + 1, 'labels': x + 2, 'scores': x + 3}\n");
  const auto open = [&](const std::string& first, const std::string& second) -> ModelSource {
    const Shape row = {kAny, 1};
    return {.path = path,
            .declared = {.inputs = {{"x", DataType::kFp32, row}},
                         .outputs = {{first, DataType::kFp32, row}, {second, DataType::kFp32, row}},
                         .batched = true}};
  };
  const Status status = OpenError(open("boxes", "scorez"));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("output 'scorez'"), HasSubstr("'boxes', 'labels', 'scores'")));
  const auto in_order = Open(open("a", "b"));
  const auto got = Run(*in_order, {Numbers({1, 1})});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[1].As<float>(), ElementsAre(2));
}

// It refuses whatever is made up.
constexpr const char* kChoosy =
    "def forward(self, x):\n  # type: (Tensor) -> Dict[str, Tensor]\n"
    "  assert x.sum() > 1000, 'too little'\n  return {'boxes': x + 1, 'scores': x + 2}\n";

TEST_F(TorchBackendTest, FindsOutputsOfWhatCannotBeTriedByTheirNames) {
  const auto path = Write(kChoosy);
  const Shape row = {kAny, 1};
  const auto source = [&](const std::string& first, const std::string& second) -> ModelSource {
    return {.path = path,
            .declared = {.inputs = {{"x", DataType::kFp32, row}},
                         .outputs = {{first, DataType::kFp32, row}, {second, DataType::kFp32, row}},
                         .batched = true}};
  };
  for (const auto& [first, second] : std::map<std::string, std::string>{{"scores", "boxes"}, {"OUT__1", "OUT__0"}}) {
    const auto model = Open(source(first, second));
    const auto got = Run(*model, {Numbers({1, 1}, 2000)});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_THAT((*got)[0].As<float>(), ElementsAre(2002)) << first;
    EXPECT_THAT((*got)[1].As<float>(), ElementsAre(2001)) << second;
  }
  const auto wrong = Open(source("boxes", "scorez"));
  const auto got = Run(*wrong, {Numbers({1, 1}, 2000)});
  EXPECT_EQ(got.status().code(), StatusCode::kInternal) << "whoever sent that did nothing wrong";
  EXPECT_THAT(got.status().message(), AllOf(HasSubstr("output 'scorez' of the config"), HasSubstr("'scores'")));
}

TEST_F(TorchBackendTest, GivesDetectionsOfOneImageByName) {
  const auto model = Module(
      "def forward(self, images):\n"
      "  # type: (List[Tensor]) -> Tuple[Dict[str, Tensor], List[Dict[str, Tensor]]]\n"
      "  losses: Dict[str, Tensor] = {}\n"
      "  found: List[Dict[str, Tensor]] = []\n"
      "  for image in images:\n"
      "    assert image.dim() == 3\n"
      "    found.append({'boxes': torch.zeros([2, 4]), 'labels': torch.ones([2], dtype=4)})\n"
      "  return losses, found\n");
  EXPECT_THAT(Shown(model->signature().inputs), ElementsAre("images FP32[3,-1,-1]"));
  EXPECT_THAT(Shown(model->signature().outputs), ElementsAre("boxes FP32[-1,4]", "labels INT64[-1]"));
  EXPECT_FALSE(model->signature().batched);
  EXPECT_TRUE(Run(*model, {Numbers({3, 8, 9})}).ok());
}

TEST_F(TorchBackendTest, TakesTuplesDictsOptionalsAndNumbers) {
  const TensorSpec x{"x", DataType::kFp32, {kAny}};
  const TensorSpec y{"y", DataType::kFp32, {kAny}};
  const auto tuple =
      Module("def forward(self, p):\n  # type: (Tuple[Tensor, Tensor]) -> Tensor\n  return p[0] - p[1]\n");
  EXPECT_THAT(Shown(tuple->signature().inputs), ElementsAre("p__0 FP32[-1,-1]", "p__1 FP32[-1,-1]"));
  const auto dict =
      Open({.path = Write("def forward(self, d):\n  # type: (Dict[str, Tensor]) -> Tensor\n  return d['x'] - d['y']\n"),
            .declared = {.inputs = {y, x}, .outputs = {}}});
  EXPECT_THAT((*Run(*dict, {Numbers({1}, 1), Numbers({1}, 5)}))[0].As<float>(), ElementsAre(4));
  const auto path = Write(
      "def forward(self, x, y: Optional[Tensor], scale: float, flag: bool = False):\n"
      "  if y is not None:\n    x = x + y\n  return x * scale\n");
  const auto without = Open({.path = path});
  EXPECT_THAT(Shown(without->signature().inputs), ElementsAre("x FP32[-1,-1]", "scale FP32[1]"));
  TensorSpec left_out = y;
  left_out.optional = true;
  const auto with =
      Open({.path = path, .declared = {.inputs = {x, left_out, {"scale", DataType::kFp32, {1}}}, .outputs = {}}});
  ASSERT_EQ(with->signature().inputs.size(), 3U);
  EXPECT_TRUE(with->signature().inputs[1].optional);
  EXPECT_THAT((*Run(*with, {Numbers({1}, 1), Numbers({1}, 5), Numbers({1}, 2)}))[0].As<float>(), ElementsAre(12));
  EXPECT_THAT((*Run(*with, {Numbers({1}, 1), Tensor(), Numbers({1}, 2)}))[0].As<float>(), ElementsAre(2));
}

TEST_F(TorchBackendTest, RefusesWhatProtocolsCannotCarry) {
  const std::map<std::string, std::string> bodies = {{"torch.complex(x, x)", "complex"},
                                                     {"x.to_sparse()", "sparse"},
                                                     {"torch.quantize_per_tensor(x, 0.1, 0, 12)", "quantised"},
                                                     {"torch.zeros([1]).expand([1 << 40])", "repeats 4 bytes"},
                                                     {"'text'", "str"}};
  for (const auto& [body, what] : bodies) {
    const Status status = OpenError({.path = Write("def forward(self, x):\n  return " + body + "\n")});
    EXPECT_EQ(status.code(), StatusCode::kUnsupported) << body << ": " << status;
    EXPECT_THAT(status.message(), HasSubstr(what)) << body;
  }
}

TEST_F(TorchBackendTest, SaysWhetherThereIsALoop) {
  EXPECT_TRUE(Module("def forward(self, x):\n  while bool(x.sum() < 9):\n    x = x + 1\n  return x\n")->has_loop());
  EXPECT_FALSE(Module("def forward(self, x):\n  return x + 1\n")->has_loop());
}

TEST_F(TorchBackendTest, LeavesInputsAsTheyAre) {
  const auto model = Module("def forward(self, x):\n  x.add_(1)\n  return x\n");
  const Tensor input = Numbers({1, 2}, 5);
  const auto got = Run(*model, {input});
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_THAT((*got)[0].As<float>(), ElementsAre(6, 7));
  EXPECT_THAT(input.As<float>(), ElementsAre(5, 6));
}

TEST_F(TorchBackendTest, OutputsAreNoMemoryOfInputs) {
  const auto model = Module("def forward(self, x):\n  return x, x[:, 1:]\n");
  Tensor input = Numbers({1, 3}, 5);
  const auto got = Run(*model, {input});
  ASSERT_TRUE(got.ok()) << got.status();
  input.MutableAs<float>()[1] = 0;
  EXPECT_THAT((*got)[0].As<float>(), ElementsAre(5, 6, 7));
  EXPECT_THAT((*got)[1].As<float>(), ElementsAre(6, 7));
}

TEST_F(TorchBackendTest, SaysWhatIsWrongWithInputsInALine) {
  const auto model = Module("def forward(self, a, b):\n  assert a.size(0) != 5, 'not five'\n  return a + b\n");
  const auto shapes = Run(*model, {Numbers({1, 2}), Numbers({1, 3})});
  ASSERT_FALSE(shapes.ok());
  EXPECT_EQ(shapes.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(shapes.status().message(), AllOf(HasSubstr("a [1,2], b [1,3]"), HasSubstr("The size of tensor a (2)")));
  EXPECT_THAT(shapes.status().message(), testing::Not(HasSubstr("Traceback")));
  const auto raised = Run(*model, {Numbers({5, 2}), Numbers({5, 2})});
  ASSERT_FALSE(raised.ok());
  EXPECT_EQ(raised.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(raised.status().message(), HasSubstr("not five"));
}

TEST_F(TorchBackendTest, EveryExecutionGivesTheSame) {
  const auto path = Write("def forward(self, x):\n  return torch.relu(torch.conv2d(x, self.k)).mean([2, 3])\n",
                          {{"k", {4, 3, 3, 3}}});
  const Tensor input = Numbers({2, 3, 8, 8});
  std::vector<float> expected;
  for (const char* how : {"plain", "freeze", "ofi", "auto"}) {
    const auto model = Open({.path = path}, {.runtime_parameters = {{"optimize", how}}});
    EXPECT_GE(model->memory_use().total(), 4 * 27 * sizeof(float)) << how;
    for (int i = 0; i < 4; ++i) {
      const auto got = Run(*model, {input});
      ASSERT_TRUE(got.ok()) << how << ": " << got.status();
      const auto values = (*got)[0].As<float>();
      if (expected.empty()) expected.assign(values.begin(), values.end());
      for (size_t j = 0; j < expected.size(); ++j)
        EXPECT_NEAR(values[j], expected[j], 1e-3 + std::abs(expected[j]) * 1e-5);
    }
  }
}

TEST_F(TorchBackendTest, ReadsTheSettingsOfTritonsPyTorchBackend) {
  const auto path = Write(kIdentity);
  for (const auto& [key, value] : std::map<std::string, std::string>{{"DISABLE_OPTIMIZED_EXECUTION", "true"},
                                                                     {"INFERENCE_MODE", "0"},
                                                                     {"ENABLE_NVFUSER", "False"},
                                                                     {"INTER_OP_THREAD_COUNT", "4"},
                                                                     {"SOMETHING_ELSE", "x"}}) {
    const auto model = Open({.path = path}, {.runtime_parameters = {{key, value}}});
    EXPECT_TRUE(Run(*model, {Numbers({1, 1})}).ok()) << key;
  }
  for (const auto& [key, value] : std::map<std::string, std::string>{{"DISABLE_OPTIMIZED_EXECUTION", "yes"},
                                                                     {"ENABLE_NVFUSER", "2"},
                                                                     {"INTER_OP_THREAD_COUNT", "many"},
                                                                     {"optimize", "fast"},
                                                                     {"precision", "fp16"}}) {
    const Status status = OpenError({.path = path}, {.runtime_parameters = {{key, value}}});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << key;
    EXPECT_TRUE(status.message().starts_with("parameters[\"" + key + "\"]: expected ")) << status;
    EXPECT_THAT(status.message(), HasSubstr(value));
  }
}

TEST_F(TorchBackendTest, NeverUnpicklesAndSaysHowToExport) {
  const auto legacy = folder_.Write("legacy.pt", std::string("\x80\x02") + "cos\nsystem\n(S'touch pwned'\ntR.");
  const Status status = OpenError({.path = legacy});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("pickle"), HasSubstr("torch.jit.script"), HasSubstr("torch.jit.trace")));
  EXPECT_EQ(backend_->Inspect(legacy).confidence, 0);
}

TEST_F(TorchBackendTest, SaysOfDamagedFilesWhatIsWrong) {
  const auto whole = Write(kIdentity, {{"w", {100}}});
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (size_t end = 1; end < bytes.size(); end += 97) {
    const Status status = OpenError({.path = folder_.Write("cut.pt", bytes.substr(0, end))});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << end << ": " << status;
  }
  // A byte of what it has is another one: an error, or the module it is.
  for (size_t at = 0; at < bytes.size(); at += 61) {
    std::string other = bytes;
    other[at] = static_cast<char>(other[at] ^ 0x55);
    Result<Opened> opened = backend_->Open({.path = folder_.Write("bad.pt", other)}, {});
    if (!opened.ok()) {
      EXPECT_EQ(opened.status().code(), StatusCode::kInvalidArgument) << at << ": " << opened.status();
      EXPECT_THAT(opened.status().message(), HasSubstr("bad.pt")) << at;
      continue;
    }
    const auto got = Run(*std::get<std::unique_ptr<OpenModel>>(*opened), {Numbers({1, 2}, 5)});
    ASSERT_TRUE(got.ok()) << at << ": " << got.status();
    EXPECT_THAT((*got)[0].As<float>(), ElementsAre(5, 6)) << at;
  }
}

TEST_F(TorchBackendTest, GivesMemoryBack) {
  const auto path = Write("def forward(self, x):\n  return torch.linear(x, self.w)\n", {{"w", {1000, 5000}}});
  const auto in_use = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };
  Open({.path = path}, {.runtime_parameters = {{"optimize", "plain"}}}).reset();
  const size_t before = in_use();
  for (int i = 0; i < 5; ++i) {
    const auto model = Open({.path = path}, {.runtime_parameters = {{"optimize", "plain"}}});
    EXPECT_EQ(model->memory_use().weights, 1000U * 5000U * sizeof(float));
  }
  EXPECT_LT(in_use(), before + (size_t{10} << 20));
}

TEST_F(TorchBackendTest, RefusesGpusThatItCannotUse) {
  EXPECT_TRUE(backend_->RunsOn(Device()).ok());
  const Status slice = backend_->RunsOn(*Device::Parse("MIG-01234567-89ab-cdef-0123-456789abcdef"));
  EXPECT_EQ(slice.code(), StatusCode::kUnsupported);
}

}  // namespace
}  // namespace trireme::torch_backend
