// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/fp16_rules.h"

#include <algorithm>
#include <string_view>

namespace trireme::onnxfile {
namespace {

using Kind = Fp16Rule::Kind;

constexpr uint32_t kAll = ~0U;
constexpr uint32_t kFirst = 1;
constexpr uint32_t kSecondAndThird = 0b110;
constexpr uint32_t kFirstAndThird = 0b101;

struct Entry {
  std::string_view op_type;
  Kind kind;
  uint32_t inputs = kAll;
};

constexpr Entry kRules[] = {
    {"Abs", Kind::kFollows},
    {"Add", Kind::kFollows},
    {"AveragePool", Kind::kFollows},
    {"BatchNormalization", Kind::kFollows},
    {"Clip", Kind::kFollows},
    {"Concat", Kind::kFollows},
    {"Conv", Kind::kPays},
    {"ConvTranspose", Kind::kPays},
    {"DepthToSpace", Kind::kFollows},
    {"Div", Kind::kFollows},
    {"Dropout", Kind::kFollows, kFirst},
    {"Einsum", Kind::kPays},
    {"Elu", Kind::kFollows},
    {"Erf", Kind::kFollows},
    {"Expand", Kind::kFollows, kFirst},
    {"Flatten", Kind::kFollows},
    {"Gather", Kind::kFollows, kFirst},
    {"GatherElements", Kind::kFollows, kFirst},
    {"GatherND", Kind::kFollows, kFirst},
    {"Gelu", Kind::kFollows},
    {"Gemm", Kind::kPays},
    {"GlobalAveragePool", Kind::kFollows},
    {"GlobalMaxPool", Kind::kFollows},
    {"HardSigmoid", Kind::kFollows},
    {"HardSwish", Kind::kFollows},
    {"Identity", Kind::kFollows},
    {"InstanceNormalization", Kind::kFollows},
    {"LayerNormalization", Kind::kFollows},
    {"LeakyRelu", Kind::kFollows},
    {"MatMul", Kind::kPays},
    {"Max", Kind::kFollows},
    {"MaxPool", Kind::kFollows},
    {"Min", Kind::kFollows},
    {"Mul", Kind::kFollows},
    {"Neg", Kind::kFollows},
    {"PRelu", Kind::kFollows},
    {"Pad", Kind::kFollows, kFirstAndThird},
    {"ReduceMax", Kind::kFollows, kFirst},
    {"ReduceMean", Kind::kFollows, kFirst},
    {"ReduceMin", Kind::kFollows, kFirst},
    {"Relu", Kind::kFollows},
    {"Reshape", Kind::kFollows, kFirst},
    {"Resize", Kind::kFollows, kFirst},
    {"Shape", Kind::kAny},
    {"Sigmoid", Kind::kFollows},
    {"Size", Kind::kAny},
    {"Slice", Kind::kFollows, kFirst},
    {"Softmax", Kind::kFollows},
    {"SpaceToDepth", Kind::kFollows},
    {"Squeeze", Kind::kFollows, kFirst},
    {"Sub", Kind::kFollows},
    {"Sum", Kind::kFollows},
    {"Tanh", Kind::kFollows},
    {"Tile", Kind::kFollows, kFirst},
    {"Transpose", Kind::kFollows},
    {"Unsqueeze", Kind::kFollows, kFirst},
    {"Where", Kind::kFollows, kSecondAndThird},
};
static_assert(std::ranges::is_sorted(kRules, {}, &Entry::op_type));

// Stay in FP32, and give what they are given.
constexpr std::string_view kSameType[] = {"Exp",        "Log",       "LogSoftmax", "Pow",
                                          "Reciprocal", "ReduceL1",  "ReduceL2",   "ReduceLogSumExp",
                                          "ReduceProd", "ReduceSum", "Softplus",   "Sqrt"};

}  // namespace

Fp16Rule RuleOf(const IndexedNode& node) {
  const auto found = std::ranges::lower_bound(kRules, std::string_view(node.op_type), {}, &Entry::op_type);
  if (!node.domain.empty() || found == std::end(kRules) || found->op_type != node.op_type) return {};
  return {.kind = found->kind, .inputs = found->inputs};
}

bool GivesTypeOfInput(const IndexedNode& node) {
  if (!node.domain.empty()) return false;
  return std::ranges::find(kSameType, std::string_view(node.op_type)) != std::end(kSameType);
}

}  // namespace trireme::onnxfile
