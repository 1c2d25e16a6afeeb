// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/trees_signature.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace trireme::trees {
namespace {

using treefile::Forest;
using treefile::Transform;

Shape RowsOf(uint32_t columns, bool flat) {
  return flat && columns == 1 ? Shape{Shape::kAny} : Shape{Shape::kAny, columns};
}

// What the config calls the scores; null if it says nothing.
const TensorSpec* DeclaredScores(const Signature& declared) {
  for (const TensorSpec& spec : declared.outputs) {
    if (spec.name != kMarginsName && spec.name != kProbabilitiesName && spec.name != kLeafIdsName) return &spec;
  }
  return nullptr;
}

// Of a classifier under FIL. One of several classes comes by its probability or its number, one of two by the
// probability of the second, of both if there is room for it, or as 0 or 1.
void AnswerAsFil(const Settings::Classifier& classifier, const TensorSpec* scores, Forest& forest,
                 TreesSignature& made) {
  made.threshold = classifier.threshold;
  if (classifier.probabilities && forest.transform == Transform::kArgmax) forest.transform = Transform::kSoftmax;
  if (!classifier.probabilities && forest.column_count() > 1) forest.transform = Transform::kArgmax;
  if (forest.transform == Transform::kArgmax || forest.column_count() > 1) return;
  const bool has_room = scores != nullptr && scores->shape.rank() == 2 && scores->shape[1] == 2;
  if (!classifier.probabilities) made.after = AfterScores::kThreshold;
  if (classifier.probabilities && has_room) made.after = AfterScores::kBothClasses;
}

// What the library's own class for classifiers makes probabilities with; nothing: it does not, or the graph says what a
// model gives.
std::optional<Transform> ProbabilityOf(const Forest& forest) {
  if (forest.origin == Forest::Origin::kOnnx) return std::nullopt;
  constexpr std::array<std::string_view, 3> kLogistic = {"binary:logistic", "binary", "multiclassova"};
  constexpr std::array<std::string_view, 3> kSoftmax = {"multi:softmax", "multi:softprob", "multiclass"};
  if (std::ranges::find(kLogistic, forest.objective) != kLogistic.end()) return Transform::kLogistic;
  if (std::ranges::find(kSoftmax, forest.objective) != kSoftmax.end()) return Transform::kSoftmax;
  return std::nullopt;
}

class OutputList {
 public:
  explicit OutputList(TreesSignature& made) : made_(made) {}

  void Add(OutputKind kind, std::string name, DataType type, Shape shape) {
    made_.kinds.push_back(kind);
    made_.signature.outputs.push_back(
        {.name = std::move(name), .type = type, .shape = shape, .may_change = type == DataType::kFp32});
  }

 private:
  TreesSignature& made_;
};

void AddLabels(const Forest& forest, OutputList& outputs) {
  if (std::holds_alternative<std::monostate>(forest.labels)) return;
  const bool is_text = std::holds_alternative<std::vector<std::string>>(forest.labels);
  outputs.Add(OutputKind::kLabels, forest.label_name.empty() ? "label" : forest.label_name,
              is_text ? DataType::kBytes : DataType::kInt64, {Shape::kAny});
}

}  // namespace

Result<TreesSignature> MakeSignature(const Signature& declared, const Settings& settings, Forest& forest) {
  TreesSignature made;
  const TensorSpec* const said = DeclaredScores(declared);
  if (settings.classifier) AnswerAsFil(*settings.classifier, said, forest, made);

  std::string input = forest.input_name;
  if (input.empty()) input = declared.inputs.size() == 1 ? declared.inputs[0].name : kInputName;
  // A value that is looked up in a set must stay what it was when its bounds were checked.
  made.signature.inputs.push_back({.name = std::move(input),
                                   .type = DataType::kFp32,
                                   .shape = {Shape::kAny, forest.width},
                                   .element_names = std::move(forest.feature_names),
                                   .may_change = forest.sets.empty(),
                                   .missing_is_nan = forest.knows_missing});

  OutputList outputs(made);
  AddLabels(forest, outputs);
  std::string scores = forest.scores_name;
  const bool has_names = !scores.empty();
  if (!has_names) scores = said != nullptr ? said->name : kScoresName;
  const uint32_t columns = made.after == AfterScores::kBothClasses ? 2 : forest.column_count();
  const bool is_matrix = has_names ? !forest.scores_flat : said != nullptr && said->shape.rank() == 2;
  outputs.Add(OutputKind::kScores, std::move(scores), DataType::kFp32, RowsOf(columns, !is_matrix));
  if (settings.gives_margins) {
    outputs.Add(OutputKind::kMargins, kMarginsName, DataType::kFp32, RowsOf(forest.outputs, true));
  }
  if (settings.gives_probabilities) {
    const std::optional<Transform> probability = ProbabilityOf(forest);
    if (!probability) {
      return InvalidArgument(
          "parameters[\"extra_outputs\"]: expected a classifier of XGBoost's or LightGBM's for "
          "probabilities, found " +
          forest.objective);
    }
    made.probability = *probability;
    outputs.Add(OutputKind::kProbabilities, kProbabilitiesName, DataType::kFp32,
                {Shape::kAny, std::max<int64_t>(2, forest.outputs)});
  }
  if (settings.gives_leaf_ids) {
    outputs.Add(OutputKind::kLeafIds, kLeafIdsName, DataType::kInt32,
                {Shape::kAny, static_cast<int64_t>(forest.trees.size())});
  }
  made.signature.batched = true;
  return made;
}

}  // namespace trireme::trees
