// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/testing/lowering_models.h"

#include <utility>

namespace trireme::onnxfile {
namespace {

ValueInfo Float(std::string name, std::vector<Dim> dims) {
  return {std::move(name), ElementType::kFloat, std::move(dims)};
}

Attribute Ints(std::string name, std::vector<int64_t> values) {
  return {std::move(name), std::move(values)};
}

// Of a size that keeps what comes out about as large as what goes in.
TensorProto MildWeights(std::string name, std::vector<int64_t> dims, uint32_t seed) {
  std::vector<float> numbers = MadeUpNumbers(dims[0] * dims[1], seed);
  for (float& number : numbers) number /= 8;
  return Constant(std::move(name), ElementType::kFloat, std::move(dims), numbers);
}

// One layer of DeepModel().
void AddLayer(Graph& graph, const std::string& from, const std::string& to, int number) {
  const std::string n = std::to_string(number);
  graph.nodes.push_back({"LayerNormalization", {from, "one", "zero"}, {"norm" + n}});
  graph.nodes.push_back({"MatMul", {"norm" + n, "w" + n}, {"product" + n}});
  graph.nodes.push_back({"Add", {"product" + n, "b"}, {"sum" + n}});
  graph.nodes.push_back({"Erf", {"sum" + n}, {"erf" + n}});
  graph.nodes.push_back({"Mul", {"sum" + n, "erf" + n}, {"gelu" + n}});
  graph.nodes.push_back({"Add", {"gelu" + n, from}, {to}});
  graph.initializers.push_back(MildWeights("w" + n, {128, 128}, static_cast<uint32_t>(number)));
}

}  // namespace

std::vector<float> MadeUpNumbers(int64_t count, uint32_t seed) {
  std::vector<float> numbers;
  for (int64_t i = 0; i < count; ++i) {
    seed = seed * 1664525 + 1013904223;
    numbers.push_back(static_cast<float>(seed >> 8) / static_cast<float>(1 << 23) - 1);
  }
  return numbers;
}

TensorProto MadeUpWeights(std::string name, std::vector<int64_t> dims, uint32_t seed) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  return Constant(std::move(name), ElementType::kFloat, std::move(dims), MadeUpNumbers(count, seed));
}

Model ProductModel(std::vector<Node> nodes) {
  Model model;
  model.producer_name = "trireme tests";
  model.graph = {.name = "product",
                 .nodes = std::move(nodes),
                 .inputs = {Float("x", {"n", 128})},
                 .outputs = {Float("y", {"n", 128})},
                 .initializers = {MadeUpWeights("w", {128, 128}), MadeUpWeights("b", {128}, 2)}};
  return model;
}

Model MatMulModel() {
  return ProductModel(
      {{"MatMul", {"x", "w"}, {"product"}}, {"Add", {"product", "b"}, {"sum"}}, {"Relu", {"sum"}, {"y"}}});
}

Model SharedModel() {
  Model model = ProductModel({{"MatMul", {"x", "w"}, {"first"}},
                              {"Relu", {"first"}, {"middle"}},
                              {"Transpose", {"w"}, {"turned"}, {Ints("perm", {1, 0})}},
                              {"MatMul", {"middle", "turned"}, {"second"}},
                              {"MatMul", {"x", "w"}, {"again"}},
                              {"Add", {"second", "again"}, {"sum"}},
                              {"ReduceMean", {"w"}, {"mean"}, {Ints("axes", {0})}},
                              {"Add", {"sum", "mean"}, {"y"}}});
  model.graph.initializers.pop_back();
  return model;
}

Model HiddenWeightsModel() {
  Model model = ProductModel({{"Constant", {}, {"c"}, {{"value", MadeUpWeights("", {128, 128})}}},
                              {"Identity", {"c"}, {"i"}},
                              {"Identity", {"i"}, {"j"}},
                              {"MatMul", {"x", "j"}, {"y"}}});
  model.graph.initializers.clear();
  return model;
}

Model BatchedModel() {
  Model model = ProductModel({{"MatMul", {"x", "w"}, {"y"}}});
  model.graph.inputs = {Float("x", {2, "n", 128})};
  model.graph.outputs = {Float("y", {2, "n", 128})};
  model.graph.initializers = {MadeUpWeights("w", {2, 128, 128})};
  return model;
}

Model BranchModel() {
  const auto branch = [](const std::string& weights, std::vector<TensorProto> constants) {
    const std::string output = "y_" + weights;
    return std::vector<Graph>{{.name = weights,
                               .nodes = {{"MatMul", {"x", weights}, {output}}},
                               .inputs = {},
                               .outputs = {Float(output, {"n", 128})},
                               .initializers = std::move(constants)}};
  };
  Model model = ProductModel(
      {{"ReduceSum", {"x"}, {"sum"}, {{"keepdims", int64_t{0}}}},
       {"Greater", {"sum", "zero"}, {"is_positive"}},
       {"If",
        {"is_positive"},
        {"y"},
        {{"then_branch", branch("w", {})}, {"else_branch", branch("v", {MadeUpWeights("v", {128, 128}, 3)})}}}});
  model.graph.initializers[1] = Constant<float>("zero", ElementType::kFloat, {}, {0});
  return model;
}

Model ConvModel(int64_t groups) {
  Model model = ProductModel(
      {{"Conv",
        {"x", "w", "b"},
        {"y"},
        {Ints("kernel_shape", {3, 3}), Ints("strides", {2, 2}), Ints("pads", {1, 1, 1, 1}), {"group", groups}}}});
  model.graph.inputs = {Float("x", {"n", 32 * groups, 8, 8})};
  model.graph.outputs = {Float("y", {"n", 64, 4, 4})};
  model.graph.initializers = {MadeUpWeights("w", {64, 32, 3, 3}), MadeUpWeights("b", {64}, 2)};
  return model;
}

Model DeepModel() {
  constexpr int kLayers = 4;
  Model model = ProductModel({});
  Graph& graph = model.graph;
  graph.outputs = {Float("y", {"n", 10})};
  graph.initializers = {Constant("one", ElementType::kFloat, {128}, std::vector<float>(128, 1)),
                        Constant("zero", ElementType::kFloat, {128}, std::vector<float>(128, 0)),
                        MadeUpWeights("b", {128}, 20), MildWeights("classes", {128, 10}, 21)};
  for (int i = 0; i < kLayers; ++i) {
    AddLayer(graph, i == 0 ? "x" : "layer" + std::to_string(i), "layer" + std::to_string(i + 1), i + 1);
  }
  graph.nodes.push_back({"MatMul", {"layer" + std::to_string(kLayers), "classes"}, {"scores"}});
  graph.nodes.push_back({"Softmax", {"scores"}, {"y"}, {{"axis", int64_t{-1}}}});
  return model;
}

}  // namespace trireme::onnxfile
