// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/changing_memory.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace trireme::onnx {
namespace {

using onnxfile::GraphNode;

// What is known of the kernels of an operator, in all its versions.
struct Operator {
  std::string_view type;
  size_t changing_inputs;  // so many of the first: only shapes decide where these, and its outputs, are looked at
  bool passes_on = false;  // whether these and its outputs may be one piece of memory, before or after optimisation
};

constexpr size_t kAll = static_cast<size_t>(-1);

// In order of names. Left out: all that compares, sorts, counts or seeks, and all where there is any doubt. Not among
// the first inputs: those that say where to look (indexes, axes, sizes, bounds), and what divides or is an exponent, by
// which kernels for integers may go.
constexpr Operator kOperators[] = {
    {"Abs", 1, true},
    {"Add", kAll, true},
    {"AveragePool", 1},
    {"BatchNormalization", 1},
    {"Cast", 1, true},
    {"Ceil", 1, true},
    {"Celu", 1, true},
    {"Clip", 1, true},
    {"Concat", kAll, true},
    {"Conv", kAll},
    {"ConvTranspose", kAll},
    {"Cos", 1, true},
    {"DepthToSpace", 1, true},
    {"Div", 1, true},
    {"Dropout", 1, true},
    {"Elu", 1, true},
    {"Erf", 1, true},
    {"Exp", 1, true},
    {"Expand", 1, true},
    {"Flatten", 1, true},
    {"Floor", 1, true},
    {"Gather", 1, true},
    {"Gelu", 1, true},
    {"Gemm", kAll},
    {"GlobalAveragePool", 1},
    {"GlobalMaxPool", 1},
    {"HardSigmoid", 1, true},
    {"HardSwish", 1, true},
    {"Identity", 1, true},
    {"InstanceNormalization", kAll},
    {"LayerNormalization", kAll},
    {"LeakyRelu", 1, true},
    {"Log", 1, true},
    {"LogSoftmax", 1},
    {"MatMul", kAll},
    {"Max", kAll, true},
    {"MaxPool", 1},
    {"Mean", kAll, true},
    {"Min", kAll, true},
    {"Mish", 1, true},
    {"Mul", kAll, true},
    {"Neg", 1, true},
    {"PRelu", kAll, true},
    {"Pad", 1, true},
    {"Pow", 1, true},
    {"Reciprocal", 1, true},
    {"ReduceL1", 1},
    {"ReduceL2", 1},
    {"ReduceLogSum", 1},
    {"ReduceLogSumExp", 1},
    {"ReduceMax", 1},
    {"ReduceMean", 1},
    {"ReduceMin", 1},
    {"ReduceProd", 1},
    {"ReduceSum", 1},
    {"ReduceSumSquare", 1},
    {"Relu", 1, true},
    {"Reshape", 1, true},
    {"Round", 1, true},
    {"Selu", 1, true},
    {"Shape", 1},
    {"Sigmoid", 1, true},
    {"Sign", 1, true},
    {"Sin", 1, true},
    {"Slice", 1, true},
    {"Softmax", 1},
    {"Softplus", 1, true},
    {"Softsign", 1, true},
    {"SpaceToDepth", 1, true},
    {"Split", 1, true},
    {"Sqrt", 1, true},
    {"Squeeze", 1, true},
    {"Sub", kAll, true},
    {"Sum", kAll, true},
    {"Tanh", 1, true},
    {"ThresholdedRelu", 1, true},
    {"Transpose", 1, true},
    {"Unsqueeze", 1, true},
};
static_assert(std::ranges::is_sorted(kOperators, {}, &Operator::type));

const Operator* FindOperator(std::string_view type) {
  const auto* found = std::ranges::lower_bound(kOperators, type, {}, &Operator::type);
  return found != std::end(kOperators) && found->type == type ? found : nullptr;
}

bool MayEverChange(DataType type) {
  return type != DataType::kBytes && type != DataType::kBool && type != DataType::kInt32 && type != DataType::kInt64;
}

// The values of a graph that are no constants, sorted into what may be one piece of memory.
class Values {
 public:
  Values(const onnxfile::ModelSummary& summary, const std::vector<TensorSpec>& inputs) {
    // One with a default that no request may send is a constant.
    for (const TensorSpec& input : inputs) Add(input.name);
    for (const GraphNode& node : *summary.nodes) {
      // A constant is nobody's memory, and too many nodes may share one.
      if (node.op_type == "Constant") continue;
      for (const std::string& output : node.outputs) Add(output);
    }
    parents_.resize(indexes_.size());
    std::iota(parents_.begin(), parents_.end(), size_t{0});
    pieces_.resize(indexes_.size());
    for (const GraphNode& node : *summary.nodes) Join(node);
    JoinTwins(*summary.nodes);
    for (const GraphNode& node : *summary.nodes) Judge(node);
  }

  bool IsSafelyRead(std::string_view name) {
    const std::optional<size_t> piece = PieceOf(name);
    return piece && pieces_[*piece].readers_are_safe;
  }
  bool IsSafelyMade(std::string_view name) {
    const std::optional<size_t> piece = PieceOf(name);
    return piece && pieces_[*piece].makers_are_safe;
  }

 private:
  struct Piece {
    bool readers_are_safe = true;
    bool makers_are_safe = true;
  };

  void Add(std::string_view name) {
    if (!name.empty()) indexes_.emplace(name, indexes_.size());
  }

  std::optional<size_t> PieceOf(std::string_view name) {
    const auto found = indexes_.find(name);
    if (found == indexes_.end()) return std::nullopt;
    size_t index = found->second;
    // Halves the way for the next one who comes along.
    while (parents_[index] != index) index = parents_[index] = parents_[parents_[index]];
    return index;
  }

  void Join(std::string_view one, std::string_view other) {
    const std::optional<size_t> piece = PieceOf(one);
    const std::optional<size_t> other_piece = PieceOf(other);
    if (piece && other_piece) parents_[*other_piece] = *piece;
  }

  // What the node passes on.
  void Join(const GraphNode& node) {
    const Operator* known = FindOperator(node.op_type);
    if (known == nullptr || !known->passes_on) return;
    std::string_view first;
    const auto join = [&](std::string_view name) {
      if (!indexes_.contains(name)) return;
      if (first.empty()) first = name;
      Join(first, name);
    };
    for (const std::string& output : node.outputs) join(output);
    for (size_t i = 0; i < std::min(node.inputs.size(), known->changing_inputs); ++i) join(node.inputs[i]);
  }

  // Of nodes that do the same with the same the runtime keeps one: who reads the output of one reads that of the other.
  // Attributes do not matter here: to join too much costs a copy at most.
  void JoinTwins(const std::vector<GraphNode>& nodes) {
    std::unordered_map<std::string, const GraphNode*> firsts;
    for (const GraphNode& node : nodes) {
      std::string doing = node.op_type;
      for (const std::string& input : node.inputs) {
        const std::optional<size_t> piece = PieceOf(input);
        doing += piece ? " #" + std::to_string(*piece) : " " + input;
      }
      const GraphNode& first = *firsts.emplace(std::move(doing), &node).first->second;
      const size_t outputs = std::min(first.outputs.size(), node.outputs.size());
      for (size_t i = 0; i < outputs; ++i) Join(first.outputs[i], node.outputs[i]);
    }
  }

  void Judge(const GraphNode& node) {
    const Operator* known = FindOperator(node.op_type);
    for (size_t i = known == nullptr ? 0 : known->changing_inputs; i < node.inputs.size(); ++i) {
      if (const auto piece = PieceOf(node.inputs[i])) pieces_[*piece].readers_are_safe = false;
    }
    if (known != nullptr) return;
    for (const std::string& output : node.outputs) {
      if (const auto piece = PieceOf(output)) pieces_[*piece].makers_are_safe = false;
    }
  }

  std::unordered_map<std::string_view, size_t> indexes_;  // of the summary's names
  std::vector<size_t> parents_;                           // a forest: whose root is a piece's index
  std::vector<Piece> pieces_;
};

// An input that is an output too would be the client's still while the answer is written.
std::unordered_set<std::string_view> InputsAmongOutputs(const onnxfile::ModelSummary& summary) {
  std::unordered_set<std::string_view> inputs;
  for (const onnxfile::GraphValue& input : summary.inputs) inputs.insert(input.name);
  for (const onnxfile::GraphValue& input : summary.defaulted_inputs) inputs.insert(input.name);
  std::unordered_set<std::string_view> both;
  for (const onnxfile::GraphValue& output : summary.outputs) {
    if (inputs.contains(output.name)) both.insert(output.name);
  }
  return both;
}

}  // namespace

void MarkWhatMayChange(const onnxfile::ModelSummary& summary, Signature& signature) {
  if (!summary.nodes) return;
  Values values(summary, signature.inputs);
  const std::unordered_set<std::string_view> both = InputsAmongOutputs(summary);
  const auto may_change = [&](const TensorSpec& spec) {
    return MayEverChange(spec.type) && !both.contains(spec.name) && values.IsSafelyRead(spec.name);
  };
  for (TensorSpec& input : signature.inputs) input.may_change = may_change(input);
  for (TensorSpec& output : signature.outputs) {
    output.may_change = may_change(output) && values.IsSafelyMade(output.name);
  }
}

}  // namespace trireme::onnx
