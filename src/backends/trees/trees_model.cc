// SPDX-License-Identifier: Apache-2.0
#include "backends/trees/trees_model.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "tensor/bytes_elements.h"

namespace trireme::trees {
namespace {

using treefile::Forest;

// Blocks that a batch comes by, from which on waking others is worth it: about 200 us of work, where a wake-up takes up
// to 50.
constexpr size_t kStepsToShare = 200'000;

// Some 65 us of 500 trees: enough that taking a share costs nothing beside it, few enough that threads end together.
// Reckoned, not tried out.
constexpr size_t kRowsOfShare = 64;

template <typename T>
std::span<T> Part(std::span<T> all, size_t first, size_t count, size_t rows) {
  const size_t width = all.size() / rows;
  return all.subspan(first * width, count * width);
}

bool FitsInto(const Buffer& destination, size_t bytes) {
  return !destination.empty() && destination.size() >= bytes && destination.kind() != MemoryKind::kDevice;
}

}  // namespace

TreesModel::TreesModel(std::shared_ptr<const Scorer> scorer, TreesSignature signature, int threads, MemoryPool& pool,
                       std::shared_ptr<RowTeam> team, MemoryUse memory_use)
    : scorer_(std::move(scorer)),
      made_(std::move(signature)),
      threads_(threads),
      pool_(pool),
      team_(std::move(team)),
      memory_use_(memory_use) {}

Result<std::unique_ptr<OpenModel>> TreesModel::WithThreads(int threads) {
  return std::unique_ptr<OpenModel>(std::make_unique<TreesModel>(scorer_, made_, threads, pool_, team_, MemoryUse()));
}

Result<std::vector<Tensor>> TreesModel::Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                            std::span<Buffer> destinations) {
  CHECK(inputs.size() == 1);
  CHECK(destinations.empty() || destinations.size() == wanted.size());
  RETURN_IF_ERROR(CheckInput(inputs[0]));
  const int64_t rows = inputs[0].shape[0];
  std::vector<Tensor> outputs;
  outputs.reserve(wanted.size());
  std::vector<uint32_t> labels;
  std::vector<float> single;  // of which kBothClasses are made
  Scorer::Results results;
  for (size_t i = 0; i < wanted.size(); ++i) {
    ASSIGN_OR_RETURN(Tensor output, MakeOutput(wanted[i], rows, destinations, i));
    outputs.push_back(std::move(output));
    Tensor& made = outputs.back();
    switch (made_.kinds[static_cast<size_t>(wanted[i])]) {
      case OutputKind::kScores:
        results.scores = made.MutableAs<float>();
        break;
      case OutputKind::kMargins:
        results.margins = made.MutableAs<float>();
        break;
      case OutputKind::kProbabilities:
        results.probabilities = made.MutableAs<float>();
        break;
      case OutputKind::kLeafIds:
        results.leaf_ids = made.MutableAs<int32_t>();
        break;
      case OutputKind::kLabels:
        labels.resize(static_cast<size_t>(rows));
        results.labels = labels;
        break;
    }
  }
  const std::span<float> scores = results.scores;
  if (made_.after == AfterScores::kBothClasses && !scores.empty()) {
    single.resize(static_cast<size_t>(rows));
    results.scores = single;
  }
  if (rows > 0) Score(inputs[0].As<float>(), results);
  for (size_t i = 0; i < single.size(); ++i) {
    scores[2 * i] = 1 - single[i];
    scores[2 * i + 1] = single[i];
  }
  if (made_.after == AfterScores::kThreshold) Adjust(scores);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (made_.kinds[static_cast<size_t>(wanted[i])] != OutputKind::kLabels) continue;
    outputs[i] = LabelsOf(labels, destinations.empty() ? Buffer() : destinations[i]);
  }
  return outputs;
}

Status TreesModel::CheckInput(const Tensor& input) const {
  const TensorSpec& spec = made_.signature.inputs[0];
  if (input.type == spec.type && input.shape.rank() == 2 && input.shape[1] == spec.shape[1]) return {};
  return InvalidArgument("input '" + spec.name + "': expected " + std::string(Name(spec.type)) + " " +
                         spec.shape.ToString() + ", found " + std::string(Name(input.type)) + " " +
                         input.shape.ToString());
}

Shape TreesModel::ShapeOf(OutputKind kind, int64_t rows) const {
  const Forest& forest = scorer_->forest();
  int64_t columns = 1;
  if (kind == OutputKind::kScores) columns = made_.after == AfterScores::kBothClasses ? 2 : forest.column_count();
  if (kind == OutputKind::kMargins) columns = forest.outputs;
  if (kind == OutputKind::kProbabilities) columns = scorer_->probability_count();
  if (kind == OutputKind::kLeafIds) return {rows, static_cast<int64_t>(scorer_->tree_count())};
  const bool keeps_matrix = kind == OutputKind::kScores && !forest.scores_name.empty() && !forest.scores_flat;
  return columns == 1 && !keeps_matrix ? Shape{rows} : Shape{rows, columns};
}

// Where the elements go; of labels, which are made at the end, nothing yet.
Result<Tensor> TreesModel::MakeOutput(int output, int64_t rows, std::span<Buffer> destinations, size_t position) const {
  const TensorSpec& spec = made_.signature.outputs[static_cast<size_t>(output)];
  const OutputKind kind = made_.kinds[static_cast<size_t>(output)];
  Tensor tensor{.type = spec.type, .shape = ShapeOf(kind, rows), .data = {}};
  if (kind == OutputKind::kLabels) return tensor;
  const std::optional<size_t> bytes = ByteSize(spec.type, tensor.shape);
  if (!bytes) {
    return InvalidArgument("output '" + spec.name + "': expected fewer rows, as " + tensor.shape.ToString() +
                           " is beyond any memory");
  }
  if (*bytes == 0) return tensor;
  if (!destinations.empty() && FitsInto(destinations[position], *bytes)) {
    tensor.data = destinations[position].Slice(0, *bytes);
  } else {
    tensor.data = Buffer::Take(pool_, *bytes).Slice(0, *bytes);
  }
  return tensor;
}

void TreesModel::Score(std::span<const float> rows, const Scorer::Results& results) const {
  const uint32_t width = scorer_->forest().width;
  const size_t count = rows.size() / width;
  if (threads_ <= 1 || count * scorer_->steps_a_row() < kStepsToShare || count < 2 * kRowsOfShare) {
    return scorer_->Score(rows, results);
  }
  const size_t shares = (count + kRowsOfShare - 1) / kRowsOfShare;
  team_->Run(threads_, shares, [&](size_t share) {
    const size_t first = share * kRowsOfShare;
    const size_t some = std::min(kRowsOfShare, count - first);
    scorer_->Score(Part(rows, first, some, count), {.scores = Part(results.scores, first, some, count),
                                                    .margins = Part(results.margins, first, some, count),
                                                    .probabilities = Part(results.probabilities, first, some, count),
                                                    .leaf_ids = Part(results.leaf_ids, first, some, count),
                                                    .labels = Part(results.labels, first, some, count)});
  });
}

void TreesModel::Adjust(std::span<float> scores) const {
  for (float& score : scores) score = score > made_.threshold ? 1.0F : 0.0F;
}

Tensor TreesModel::LabelsOf(std::span<const uint32_t> labels, Buffer destination) const {
  const Forest& forest = scorer_->forest();
  const Shape shape{static_cast<int64_t>(labels.size())};
  if (const auto* texts = std::get_if<std::vector<std::string>>(&forest.labels)) {
    std::vector<std::byte> elements;
    for (const uint32_t label : labels) AppendBytesElement(elements, (*texts)[label]);
    if (!FitsInto(destination, elements.size())) return {DataType::kBytes, shape, Buffer::CopyOf(elements)};
    std::ranges::copy(elements, destination.mutable_data());
    return {DataType::kBytes, shape, destination.Slice(0, elements.size())};
  }
  const auto& numbers = std::get<std::vector<int64_t>>(forest.labels);
  const size_t bytes = labels.size() * sizeof(int64_t);
  if (!FitsInto(destination, bytes)) destination = bytes > 0 ? Buffer::Take(pool_, bytes) : Buffer();
  Tensor tensor{.type = DataType::kInt64, .shape = shape, .data = destination.Slice(0, bytes)};
  const std::span<int64_t> to = tensor.MutableAs<int64_t>();
  for (size_t i = 0; i < labels.size(); ++i) to[i] = numbers[labels[i]];
  return tensor;
}

}  // namespace trireme::trees
