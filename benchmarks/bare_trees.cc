// SPDX-License-Identifier: Apache-2.0
// bare_trees train FILE.json [--trees N] [--depth D] [--features F]
// bare_trees onnx FILE.json FILE.onnx
// bare_trees measure FILE.json FILE.onnx [--rows N] [--rounds R]
//
// What runtimes make of boosted trees, in process and without a server, on one thread. `train` has XGBoost's own
// library learn a model of made-up data, the shape of one that physicists look for the Higgs boson with: 500 trees of
// depth 6, 28 features. `onnx` writes the same trees as ONNX. `measure` runs rows through this server's walks (with
// each set of instructions that the processor has), XGBoost's library and ONNX Runtime, in turn, round after round, and
// prints one JSON object: for each the medians over the rounds of its time and of its time against XGBoost's in the
// same round, and the largest difference to XGBoost's answers.
#include <xgboost/c_api.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backend/plugin.h"
#include "bare.h"
#include "onnxfile/onnx_writer.h"
#include "treefile/read_forest.h"

namespace {

using trireme::treefile::Forest;
using trireme::treefile::Node;

struct Options {
  std::string what;
  std::string model;
  std::string onnx;
  int trees = 500;
  int depth = 6;
  size_t features = 28;
  size_t rows = 1;
  int rounds = 20;
};

Options ParseOptions(const std::vector<std::string>& arguments) {
  const size_t paths = !arguments.empty() && arguments[0] == "train" ? 1 : 2;
  if (arguments.size() < 1 + paths || (arguments.size() - 1 - paths) % 2 != 0) {
    throw std::invalid_argument(
        "usage: bare_trees train FILE.json [--trees N] [--depth D] [--features F] | onnx FILE.json FILE.onnx | "
        "measure FILE.json FILE.onnx [--rows N] [--rounds R]");
  }
  Options options{.what = arguments[0], .model = arguments[1]};
  if (paths == 2) options.onnx = arguments[2];
  for (size_t i = 1 + paths; i < arguments.size(); i += 2) {
    const int number = std::clamp(std::stoi(arguments[i + 1]), 1, 1'000'000);
    if (arguments[i] == "--trees") {
      options.trees = number;
    } else if (arguments[i] == "--depth") {
      options.depth = number;
    } else if (arguments[i] == "--features") {
      options.features = static_cast<size_t>(number);
    } else if (arguments[i] == "--rows") {
      options.rows = static_cast<size_t>(number);
    } else if (arguments[i] == "--rounds") {
      options.rounds = number;
    } else {
      throw std::invalid_argument("unknown option " + arguments[i]);
    }
  }
  return options;
}

void Check(int failed) {
  if (failed != 0) throw std::runtime_error(std::string("XGBoost: ") + XGBGetLastError());
}

std::vector<float> MakeRows(size_t rows, size_t features, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * features);
  for (float& value : values) value = normal(random);
  return values;
}

// 1 where a crooked function of some of them is above zero, with noise.
std::vector<float> MakeLabels(std::span<const float> rows, size_t features) {
  std::mt19937 random(7);
  std::normal_distribution<float> noise;
  std::vector<float> labels;
  for (size_t begin = 0; begin < rows.size(); begin += features) {
    float signal = noise(random);
    for (size_t i = 0; i + 1 < features; ++i) {
      signal += std::sin(rows[begin + i] * static_cast<float>(1 + i % 3)) * rows[begin + i + 1];
    }
    labels.push_back(signal > 0 ? 1 : 0);
  }
  return labels;
}

void Train(const Options& options) {
  constexpr size_t kRows = 50'000;
  const std::vector<float> rows = MakeRows(kRows, options.features, 1);
  const std::vector<float> labels = MakeLabels(rows, options.features);
  DMatrixHandle matrix = nullptr;
  BoosterHandle booster = nullptr;
  Check(XGDMatrixCreateFromMat(rows.data(), kRows, options.features, NAN, &matrix));
  Check(XGDMatrixSetFloatInfo(matrix, "label", labels.data(), labels.size()));
  Check(XGBoosterCreate(&matrix, 1, &booster));
  Check(XGBoosterSetParam(booster, "objective", "binary:logistic"));
  Check(XGBoosterSetParam(booster, "tree_method", "hist"));
  Check(XGBoosterSetParam(booster, "eta", "0.1"));
  Check(XGBoosterSetParam(booster, "max_depth", std::to_string(options.depth).c_str()));
  for (int i = 0; i < options.trees; ++i) Check(XGBoosterUpdateOneIter(booster, i, matrix));
  Check(XGBoosterSaveModel(booster, options.model.c_str()));
  XGBoosterFree(booster);
  XGDMatrixFree(matrix);
}

// The lists of attributes that ONNX has for trees.
struct Lists {
  std::vector<int64_t> tree_ids, node_ids, features, yes, no, missing, leaf_trees, leaf_nodes, leaf_targets;
  std::vector<float> values, weights;
  std::vector<std::string> modes;

  void Add(const Forest& forest, int64_t tree, uint32_t first, uint32_t at) {
    const Node& node = forest.nodes[at];
    const bool is_leaf = node.kind == Node::Kind::kLeaf;
    if (node.kind == Node::Kind::kInSet) throw std::runtime_error("sets of categories are not written");
    tree_ids.push_back(tree);
    node_ids.push_back(at - first);
    features.push_back(node.feature);
    values.push_back(node.threshold);
    modes.push_back(is_leaf ? "LEAF" : "BRANCH_LT");
    yes.push_back(is_leaf ? 0 : node.yes - first);
    no.push_back(is_leaf ? 0 : node.no - first);
    missing.push_back(node.missing_goes_yes ? 1 : 0);
    if (!is_leaf) return;
    leaf_trees.push_back(tree);
    leaf_nodes.push_back(at - first);
    leaf_targets.push_back(0);
    weights.push_back(static_cast<float>(forest.leaf_values[node.index]));
  }
};

Forest Read(const std::string& path) {
  auto forest = trireme::treefile::ReadForestFile(path);
  if (!forest.ok()) throw std::runtime_error(path + ": " + forest.status().message());
  return *std::move(forest);
}

void WriteOnnx(const Options& options) {
  namespace onnx = trireme::onnxfile;
  const Forest forest = Read(options.model);
  Lists lists;
  for (size_t tree = 0; tree < forest.trees.size(); ++tree) {
    const auto& one = forest.trees[tree];
    for (uint32_t i = 0; i < one.node_count; ++i) {
      lists.Add(forest, static_cast<int64_t>(tree), one.first_node, one.first_node + i);
    }
  }
  const std::vector<onnx::Attribute> attributes = {
      {"nodes_treeids", lists.tree_ids},
      {"nodes_nodeids", lists.node_ids},
      {"nodes_featureids", lists.features},
      {"nodes_values", lists.values},
      {"nodes_modes", lists.modes},
      {"nodes_truenodeids", lists.yes},
      {"nodes_falsenodeids", lists.no},
      {"nodes_missing_value_tracks_true", lists.missing},
      {"target_treeids", lists.leaf_trees},
      {"target_nodeids", lists.leaf_nodes},
      {"target_ids", lists.leaf_targets},
      {"target_weights", lists.weights},
      {"base_values", std::vector<float>{static_cast<float>(forest.base[0])}},
      {"n_targets", int64_t{1}}};
  onnx::Graph graph{.name = "trees",
                    // Of one target ONNX Runtime makes no probability.
                    .nodes = {{"TreeEnsembleRegressor", {"input__0"}, {"margin"}, attributes, "ai.onnx.ml"},
                              {"Sigmoid", {"margin"}, {"output__0"}}},
                    .inputs = {{"input__0", onnx::ElementType::kFloat, {"n", static_cast<int64_t>(forest.width)}}},
                    .outputs = {{"output__0", onnx::ElementType::kFloat, {"n", 1}}}};
  std::ofstream(options.onnx, std::ios::binary) << onnx::Serialize({.ir_version = 8,
                                                                    .producer_name = "bare_trees",
                                                                    .opsets = {{"", 17}, {"ai.onnx.ml", 3}},
                                                                    .graph = std::move(graph)});
}

// Rows to score: other ones in each run, since the same again and again would teach the processor their way.
struct Batches {
  size_t rows = 1;  // in each
  size_t features = 1;
  std::vector<float> values;

  size_t count() const { return values.size() / features / rows; }
  const float* batch(size_t i) const { return values.data() + i * rows * features; }
};

Batches MakeBatches(size_t rows, size_t features) {
  constexpr size_t kRows = 1000;
  return {
      .rows = rows, .features = features, .values = MakeRows(rows * std::max<size_t>(1, kRows / rows), features, 2)};
}

// One way to score a batch; returns the answers.
struct Runner {
  std::string name;
  std::function<std::span<const float>(size_t batch)> run;
  std::vector<double> micros = {};
  std::vector<double> against = {};  // the first runner, in the same round
  double difference = 0;             // to its answers
};

// As a program would that has rows in memory: without a copy into a DMatrix, where the library lets it.
Runner XgboostRunner(const Options& options, const Batches& batches) {
  BoosterHandle booster = nullptr;
  Check(XGBoosterCreate(nullptr, 0, &booster));
  Check(XGBoosterLoadModel(booster, options.model.c_str()));
  Check(XGBoosterSetParam(booster, "nthread", "1"));
  DMatrixHandle proxy = nullptr;
  Check(XGProxyDMatrixCreate(&proxy));
  std::vector<std::string> arrays;
  for (size_t i = 0; i < batches.count(); ++i) {
    arrays.push_back("{\"data\":[" + std::to_string(reinterpret_cast<uintptr_t>(batches.batch(i))) +
                     ",true],\"shape\":[" + std::to_string(batches.rows) + "," + std::to_string(batches.features) +
                     "],\"typestr\":\"<f4\",\"version\":3}");
  }
  return {"xgboost", [=](size_t batch) {
            const char* config = R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
                                 R"("strict_shape":false,"missing":NaN,"cache_id":0})";
            const bst_ulong* shape = nullptr;
            bst_ulong rank = 0;
            const float* result = nullptr;
            Check(XGBoosterPredictFromDense(booster, arrays[batch].c_str(), config, proxy, &shape, &rank, &result));
            return std::span<const float>(result, shape[0]);
          }};
}

// Plug-ins as the server has them.
class Plugins {
 public:
  std::shared_ptr<trireme::OpenModel> Open(const std::string& backend, const std::string& path,
                                           const std::string& instruction_set) {
    auto made =
        trireme::OpenPlugin(backend, {pool_, log_, std::filesystem::read_symlink("/proc/self/exe").parent_path()});
    if (!made.ok()) throw std::runtime_error(made.status().message());
    backends_.push_back(*std::move(made));
    trireme::OpenOptions options;
    if (!instruction_set.empty()) options.runtime_parameters["instruction_set"] = instruction_set;
    auto opened = backends_.back()->Open({.path = path}, options);
    if (!opened.ok()) {
      if (instruction_set.empty()) throw std::runtime_error(opened.status().message());
      return nullptr;  // the processor has no such instructions
    }
    return std::get<std::unique_ptr<trireme::OpenModel>>(*std::move(opened));
  }

 private:
  trireme::MemoryPool pool_;
  const trireme::Logger log_{2, trireme::Logger::Form::kText, trireme::LogLevel::kError};
  std::vector<std::unique_ptr<trireme::Backend>> backends_;
};

void AddRunner(const std::string& name, const std::shared_ptr<trireme::OpenModel>& model, const Batches& batches,
               std::vector<Runner>& runners) {
  if (model == nullptr) return;
  std::vector<trireme::Tensor> inputs;
  for (size_t i = 0; i < batches.count(); ++i) {
    inputs.push_back(
        {.type = trireme::DataType::kFp32,
         .shape = {static_cast<int64_t>(batches.rows), static_cast<int64_t>(batches.features)},
         .data = trireme::Buffer::View(batches.batch(i), batches.rows * batches.features * sizeof(float), nullptr)});
  }
  auto kept = std::make_shared<std::vector<trireme::Tensor>>();
  runners.push_back({name, [=](size_t batch) {
                       const int wanted[] = {0};
                       auto outputs = model->Run({&inputs[batch], 1}, wanted, {});
                       if (!outputs.ok()) throw std::runtime_error(outputs.status().message());
                       *kept = *std::move(outputs);
                       return kept->front().As<float>();
                     }});
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void MeasureRound(size_t runs, size_t batches, std::vector<Runner>& runners) {
  for (Runner& runner : runners) {
    runner.run(0);  // caches are its own now
    const double before = trireme::bare::CpuSeconds();
    for (size_t i = 0; i < runs; ++i) runner.run(i % batches);
    runner.micros.push_back((trireme::bare::CpuSeconds() - before) * 1e6 / static_cast<double>(runs));
    runner.against.push_back(runner.micros.back() / runners.front().micros.back());
  }
}

void Compare(size_t batches, std::vector<Runner>& runners) {
  for (size_t batch = 0; batch < batches; ++batch) {
    const std::span<const float> first = runners.front().run(batch);
    const std::vector<float> expected(first.begin(), first.end());
    for (Runner& runner : runners) {
      const std::span<const float> answers = runner.run(batch);
      for (size_t i = 0; i < expected.size(); ++i) {
        runner.difference = std::max<double>(runner.difference, std::abs(answers[i] - expected[i]));
      }
    }
  }
}

void Measure(const Options& options) {
  const Batches batches = MakeBatches(options.rows, Read(options.model).width);
  std::vector<Runner> runners = {XgboostRunner(options, batches)};
  Plugins plugins;
  for (const char* set : {"avx512", "avx2", "scalar"}) {
    AddRunner(std::string("trireme_") + set, plugins.Open("trees", options.model, set), batches, runners);
  }
  AddRunner("onnxruntime", plugins.Open("onnx", options.onnx, ""), batches, runners);
  Compare(batches.count(), runners);
  const size_t runs = std::clamp<size_t>(20'000 / options.rows, 1, 5000);
  for (int i = 0; i < options.rounds; ++i) MeasureRound(runs, batches.count(), runners);
  std::cout << "{\"rows\":" << options.rows;
  for (const Runner& runner : runners) {
    std::cout << ",\"" << runner.name << "\":{\"us\":" << Median(runner.micros)
              << ",\"least_us\":" << *std::ranges::min_element(runner.micros)
              << ",\"against_xgboost\":" << Median(runner.against) << ",\"difference\":" << runner.difference << "}";
  }
  std::cout << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = ParseOptions({argv + 1, argv + argc});
    if (options.what == "train") {
      Train(options);
    } else if (options.what == "onnx") {
      WriteOnnx(options);
    } else {
      Measure(options);
    }
  } catch (const std::exception& error) {
    std::cerr << "bare_trees: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
