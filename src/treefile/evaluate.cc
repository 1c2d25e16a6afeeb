// SPDX-License-Identifier: Apache-2.0
#include "treefile/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace trireme::treefile {
namespace {

bool IsInSet(const Forest& forest, const CategorySet& set, float value) {
  if (!(value >= forest.categories_from)) return false;
  // Compared as floats first: a value may be beyond every integer.
  const float category = std::trunc(value);
  if (category >= 32.0F * static_cast<float>(set.word_count)) return false;
  const auto bit = static_cast<uint32_t>(std::fabs(category));
  if (bit / 32 >= set.word_count) return false;  // floats round the end of a large set
  return (forest.set_words[set.first_word + bit / 32] >> (bit % 32) & 1U) != 0;
}

bool GoesYes(const Forest& forest, const Node& node, float value) {
  if (std::isnan(value)) return node.missing_goes_yes;
  if (node.kind == Node::Kind::kInSet) return IsInSet(forest, forest.sets[node.index], value);
  if (node.zero_is_missing && std::fabs(value) <= Forest::kZeroBound) return node.missing_goes_yes;
  return value < node.threshold;
}

const Node& FindLeaf(const Forest& forest, const Tree& tree, std::span<const float> row) {
  const Node* node = &forest.nodes[tree.first_node];
  while (node->kind != Node::Kind::kLeaf) {
    node = &forest.nodes[GoesYes(forest, *node, row[node->feature]) ? node->yes : node->no];
  }
  return *node;
}

template <typename Sum>
class Margins {
 public:
  explicit Margins(const Forest& forest) : forest_(forest), sums_(forest.outputs, 0), met_(forest.outputs, false) {
    if (forest.origin == Forest::Origin::kXgboost) AddBase();
  }

  void Add(uint32_t output, double value) {
    Sum& sum = sums_[output];
    const auto addend = static_cast<Sum>(value);
    switch (forest_.aggregate) {
      case Forest::Aggregate::kSum:
        sum += addend;
        break;
      case Forest::Aggregate::kMin:
        sum = met_[output] ? std::min(sum, addend) : addend;
        break;
      case Forest::Aggregate::kMax:
        sum = met_[output] ? std::max(sum, addend) : addend;
        break;
    }
    met_[output] = true;
  }

  std::vector<double> Finish() {
    if (forest_.origin != Forest::Origin::kLightgbm) {
      for (Sum& sum : sums_) sum /= static_cast<Sum>(forest_.divide_by);
    }
    if (forest_.origin != Forest::Origin::kXgboost) AddBase();
    return {sums_.begin(), sums_.end()};
  }

 private:
  void AddBase() {
    for (uint32_t i = 0; i < forest_.outputs; ++i) sums_[i] += static_cast<Sum>(forest_.base[i]);
  }

  const Forest& forest_;
  std::vector<Sum> sums_;
  std::vector<bool> met_;
};

template <typename Sum>
void AddTrees(const Forest& forest, std::span<const float> row, Evaluation& result) {
  Margins<Sum> margins(forest);
  for (const Tree& tree : forest.trees) {
    const Node& leaf = FindLeaf(forest, tree, row);
    result.leaf_ids.push_back(leaf.id);
    const double* values = forest.leaf_values.data() + size_t{leaf.index} * forest.leaf_width;
    for (uint32_t i = 0; i < forest.leaf_width; ++i) margins.Add(tree.output + i, values[i]);
  }
  result.margins = margins.Finish();
}

// With the sign apart, so that neither end loses what is small.
template <typename Sum>
Sum Logistic(Sum x) {
  const Sum small = std::exp(-std::fabs(x));
  return x < 0 ? small / (1 + small) : 1 / (1 + small);
}

// Winitzki's approximation of the inverse error function, with the constant 0.147.
float InverseErf(float x) {
  constexpr float kA = 0.147F;
  const float log = std::log((1 - x) * (1 + x));
  const float half = 2 / (3.14159F * kA) + log / 2;
  return std::copysign(std::sqrt(std::sqrt(half * half - log / kA) - half), x);
}

// XGBoost adds its floats up as doubles, ONNX Runtime as floats.
template <typename Total, typename Sum>
void Softmax(std::span<Sum> columns, bool keep_zeros) {
  const Sum largest = *std::max_element(columns.begin(), columns.end());
  Total total = 0;
  for (Sum& x : columns) {
    if (keep_zeros && std::fabs(x) <= 1e-7F) {
      x *= std::exp(-largest);
      continue;
    }
    x = std::exp(x - largest);
    total += x;
  }
  for (Sum& x : columns) x /= static_cast<Sum>(total);
}

template <typename Sum>
Sum TransformOne(const Forest& forest, Sum x) {
  switch (forest.transform) {
    case Transform::kLogistic:
      return Logistic(static_cast<Sum>(forest.slope) * x);
    case Transform::kExp:
      return std::exp(x);
    case Transform::kLogOnePlusExp:
      return std::log1p(std::exp(x));
    case Transform::kSignedSquare:
      return x * std::fabs(x);
    case Transform::kHinge:
      return x > 0 ? 1 : 0;
    case Transform::kProbit:
      return std::numbers::sqrt2_v<float> * InverseErf(2 * static_cast<float>(x) - 1);
    default:
      return x;
  }
}

template <typename Sum>
std::vector<Sum> MakeColumns(const Forest& forest, std::span<const double> margins) {
  std::vector<Sum> columns(margins.begin(), margins.end());
  if (forest.origin == Forest::Origin::kLightgbm) {
    for (Sum& x : columns) x /= static_cast<Sum>(forest.divide_by);
  }
  if (forest.columns == Columns::kComplement) return {1 - columns[0], columns[0]};
  if (forest.columns == Columns::kMirror) return {-columns[0], columns[0]};
  return columns;
}

template <typename Sum>
size_t Answer(const Forest& forest, std::span<const double> margins, std::span<float> scores) {
  std::vector<Sum> columns = MakeColumns<Sum>(forest, margins);
  const size_t label = std::max_element(columns.begin(), columns.end()) - columns.begin();
  if (forest.transform == Transform::kArgmax) {
    scores[0] = static_cast<float>(label);
    return label;
  }
  if (forest.transform == Transform::kSoftmax || forest.transform == Transform::kSoftmaxZero) {
    const bool keep_zeros = forest.transform == Transform::kSoftmaxZero;
    const bool is_onnx = forest.origin == Forest::Origin::kOnnx;
    is_onnx ? Softmax<Sum, Sum>(columns, keep_zeros) : Softmax<double, Sum>(columns, keep_zeros);
  } else {
    for (Sum& x : columns) x = TransformOne(forest, x);
  }
  std::copy(columns.begin(), columns.end(), scores.begin());
  return label;
}

}  // namespace

Evaluation Evaluate(const Forest& forest, std::span<const float> row) {
  CHECK(row.size() == forest.width);
  Evaluation result;
  if (forest.origin == Forest::Origin::kLightgbm) {
    AddTrees<double>(forest, row, result);
  } else {
    AddTrees<float>(forest, row, result);
  }
  result.scores.resize(forest.column_count());
  result.label = AnswerOfMargins(forest, result.margins, result.scores);
  return result;
}

size_t AnswerOfMargins(const Forest& forest, std::span<const double> margins, std::span<float> scores) {
  CHECK(margins.size() == forest.outputs && scores.size() == forest.column_count());
  return forest.origin == Forest::Origin::kLightgbm ? Answer<double>(forest, margins, scores)
                                                    : Answer<float>(forest, margins, scores);
}

}  // namespace trireme::treefile
