// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/testing/test_models.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <utility>

#include "base/check.h"
#include "onnxfile/onnx_writer.h"

namespace trireme::onnxfile {
namespace {

constexpr DataType kAllTypes[] = {
    DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32, DataType::kUint64,
    DataType::kInt8, DataType::kInt16, DataType::kInt32,  DataType::kInt64,  DataType::kFp16,
    DataType::kBf16, DataType::kFp32,  DataType::kFp64,   DataType::kBytes,
};

ValueInfo Float(std::string name, std::vector<Dim> dims) {
  return {std::move(name), ElementType::kFloat, std::move(dims)};
}

TensorProto Floats(std::string name, std::vector<int64_t> dims, const std::vector<float>& elements) {
  return Constant(std::move(name), ElementType::kFloat, std::move(dims), elements);
}

std::string Write(Graph graph) {
  Model model;
  model.producer_name = "trireme tests";
  model.graph = std::move(graph);
  return Serialize(model);
}

Graph AddGraph() {
  return {.name = "add",
          .nodes = {{"Add", {"INPUT0", "one"}, {"OUTPUT0"}}},
          .inputs = {Float("INPUT0", {"n", 16})},
          .outputs = {Float("OUTPUT0", {"n", 16})},
          .initializers = {Floats("one", {}, {1})}};
}

std::string SnakeCase(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace

std::string AddModel() {
  return Write(AddGraph());
}

std::string AddSubModel() {
  const auto value = [](std::string name) { return ValueInfo{std::move(name), ElementType::kInt32, {"n", 16}}; };
  return Write({.name = "add_sub",
                .nodes = {{"Add", {"INPUT0", "INPUT1"}, {"OUTPUT0"}}, {"Sub", {"INPUT0", "INPUT1"}, {"OUTPUT1"}}},
                .inputs = {value("INPUT0"), value("INPUT1")},
                .outputs = {value("OUTPUT0"), value("OUTPUT1")}});
}

std::string IdentityModel(DataType type) {
  const ElementType element = FromDataType(type);
  return Write({.name = "identity",
                .nodes = {{"Identity", {"INPUT0"}, {"OUTPUT0"}}},
                .inputs = {{"INPUT0", element, {"batch", "d"}}},
                .outputs = {{"OUTPUT0", element, {"batch", "d"}}}});
}

std::string ScalarModel() {
  return Write({.name = "scalar",
                .nodes = {{"Mul", {"INPUT0", "two"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {})},
                .outputs = {Float("OUTPUT0", {})},
                .initializers = {Floats("two", {}, {2})}});
}

std::string FixedModel() {
  Graph graph = AddGraph();
  graph.name = "fixed";
  graph.inputs = {Float("INPUT0", {16})};
  graph.outputs = {Float("OUTPUT0", {16})};
  return Write(std::move(graph));
}

std::string CentreModel() {
  return Write({.name = "centre",
                .nodes = {{"ReduceMean", {"INPUT0"}, {"mean"}, {{"axes", std::vector<int64_t>{0}}}},
                          {"Sub", {"INPUT0", "mean"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {"n", 4})},
                .outputs = {Float("OUTPUT0", {"n", 4})}});
}

std::string SquareMatmulModel() {
  constexpr int kProducts = 64;
  Graph graph{.name = "square_matmul",
              .nodes = {},
              .inputs = {Float("INPUT0", {"n", "n"})},
              .outputs = {Float("OUTPUT0", {"n", "n"})}};
  std::string left = "INPUT0";
  for (int i = 1; i <= kProducts; ++i) {
    std::string product = i == kProducts ? "OUTPUT0" : "product" + std::to_string(i);
    graph.nodes.push_back({"MatMul", {left, "INPUT0"}, {product}});
    left = std::move(product);
  }
  return Write(std::move(graph));
}

std::string DefaultedInputModel() {
  return Write({.name = "defaulted_input",
                .nodes = {{"Mul", {"INPUT0", "SCALE"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {"n", 2}), Float("SCALE", {1})},
                .outputs = {Float("OUTPUT0", {"n", 2})},
                .initializers = {Floats("SCALE", {1}, {3})}});
}

std::string GatherModel() {
  return Write({.name = "gather",
                .nodes = {{"Gather", {"table", "INPUT0"}, {"OUTPUT0"}}},
                .inputs = {{"INPUT0", ElementType::kInt64, {"n"}}},
                .outputs = {Float("OUTPUT0", {"n", 2})},
                .initializers = {Floats("table", {4, 2}, {0, 0, 1, 10, 2, 20, 3, 30})}});
}

std::string ReshapeModel() {
  return Write({.name = "reshape",
                .nodes = {{"Reshape", {"INPUT0", "shape"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {"n"})},
                .outputs = {Float("OUTPUT0", {"m", 4})},
                .initializers = {Constant<int64_t>("shape", ElementType::kInt64, {2}, {-1, 4})}});
}

std::string TopKModel() {
  return Write({.name = "top_k",
                .nodes = {{"TopK", {"INPUT0", "three"}, {"OUTPUT0", "OUTPUT1"}}},
                .inputs = {Float("INPUT0", {"n", "d"})},
                .outputs = {Float("OUTPUT0", {"n", 3}), {"OUTPUT1", ElementType::kInt64, {"n", 3}}},
                .initializers = {Constant<int64_t>("three", ElementType::kInt64, {1}, {3})}});
}

std::string SequenceModel() {
  return Write({.name = "sequence",
                .nodes = {{"SplitToSequence", {"INPUT0"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {"n"})},
                .outputs = {{"OUTPUT0", ElementType::kFloat, {1}, true}}});
}

std::string TreeModel() {
  Model model;
  model.producer_name = "trireme tests";
  model.opsets = {{"", 17}, {"ai.onnx.ml", 3}};
  const auto ints = [](std::vector<int64_t> values) { return values; };
  model.graph = {.name = "tree",
                 .nodes = {{"TreeEnsembleRegressor",
                            {"INPUT0"},
                            {"OUTPUT0"},
                            {{"n_targets", int64_t{1}},
                             {"nodes_treeids", ints({0, 0, 0})},
                             {"nodes_nodeids", ints({0, 1, 2})},
                             {"nodes_featureids", ints({0, 0, 0})},
                             {"nodes_values", std::vector<float>{0.5F, 0, 0}},
                             {"nodes_modes", std::vector<std::string>{"BRANCH_LEQ", "LEAF", "LEAF"}},
                             {"nodes_truenodeids", ints({1, 0, 0})},
                             {"nodes_falsenodeids", ints({2, 0, 0})},
                             {"nodes_missing_value_tracks_true", ints({1, 0, 0})},
                             {"target_treeids", ints({0, 0})},
                             {"target_nodeids", ints({1, 2})},
                             {"target_ids", ints({0, 0})},
                             {"target_weights", std::vector<float>{1, 2}}},
                            "ai.onnx.ml"}},
                 .inputs = {Float("INPUT0", {"n", 2})},
                 .outputs = {Float("OUTPUT0", {"n", 1})}};
  return Serialize(model);
}

std::string FutureOpsetModel() {
  Model model;
  model.opsets = {{"", 999}};
  model.graph = AddGraph();
  return Serialize(model);
}

std::string ExternalDataModel(std::string location) {
  TensorProto offset{.name = "offset",
                     .type = ElementType::kFloat,
                     .dims = {4},
                     .raw = {},
                     .strings = {},
                     .external_location = std::move(location)};
  return Write({.name = "external_data",
                .nodes = {{"Add", {"INPUT0", "offset"}, {"OUTPUT0"}}},
                .inputs = {Float("INPUT0", {"n", 4})},
                .outputs = {Float("OUTPUT0", {"n", 4})},
                .initializers = {std::move(offset)}});
}

std::vector<ModelFile> GoodModels() {
  std::vector<ModelFile> models = {
      {"add", AddModel()},
      {"add_sub", AddSubModel()},
      {"scalar", ScalarModel()},
      {"fixed", FixedModel()},
      {"centre", CentreModel()},
      {"square_matmul", SquareMatmulModel()},
      {"defaulted_input", DefaultedInputModel()},
      {"gather", GatherModel()},
      {"reshape", ReshapeModel()},
      {"top_k", TopKModel()},
      {"tree", TreeModel()},
  };
  for (const DataType type : kAllTypes) models.push_back({"identity_" + SnakeCase(Name(type)), IdentityModel(type)});
  return models;
}

std::vector<ModelFile> BadModels() {
  const std::string whole = AddModel();
  return {
      {"empty", ""},
      {"truncated", whole.substr(0, whole.size() / 2)},
      {"text", "This is no model, it only has the name of one.\n"},
      {"future_opset", FutureOpsetModel()},
      {"sequence", SequenceModel()},
  };
}

std::filesystem::path WriteModel(const std::filesystem::path& repository, std::string_view name, std::string_view bytes,
                                 int version) {
  const std::filesystem::path folder = repository / name / std::to_string(version);
  std::filesystem::create_directories(folder);
  std::ofstream out(folder / "model.onnx", std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  CHECK(out.good());
  return folder / "model.onnx";
}

}  // namespace trireme::onnxfile
