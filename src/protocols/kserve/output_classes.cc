// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/output_classes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocols/kserve/classification.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

bool WantsClasses(const OutputForm& output) {
  return output.classification > 0;
}

// Classes that an output will have, if its rows are counted by the request's and of one size; else 0.
int64_t ClassesToCome(const ModelDescription& model, const TensorSpec& output, uint64_t most,
                      const InferRequest& request) {
  const bool known = model.signature.batched && output.shape.rank() > 0 && !request.inputs.empty();
  if (!known || request.inputs[0].tensor.shape.rank() == 0) return 0;
  const Shape row = output.shape.Inner();
  if (std::ranges::find(row, Shape::kAny) != row.end()) return 0;
  // Capped far beyond the bound, so that nothing overflows.
  constexpr int64_t kMostRows = int64_t{1} << 31;
  const int64_t elements = std::min(row.ElementCount().value_or(0), kMaxClasses);
  const auto kept = static_cast<int64_t>(std::min(most, static_cast<uint64_t>(elements)));
  return std::min(request.inputs[0].tensor.shape[0], kMostRows) * kept;
}

}  // namespace

bool HasRows(const ModelDescription& model) {
  return model.signature.batched || model.declared.max_batch_size.value_or(0) > 0;
}

OutputClasses::Meaning OutputClasses::MeaningOf(const ModelDescription& model) {
  return {.version = model.id.version, .has_rows = HasRows(model), .labels = model.labels};
}

Status OutputClasses::Prepare(const std::vector<OutputForm>& outputs, const Engine& engine,
                              const InferRequest& request) {
  wanted_ = std::ranges::any_of(outputs, WantsClasses);
  if (!wanted_) return {};
  ASSIGN_OR_RETURN(const ModelDescription model, engine.Describe(request.model, request.version));
  int64_t classes = 0;
  for (const OutputForm& output : outputs) {
    const int index = WantsClasses(output) ? FindSpec(model.signature.outputs, output.name) : -1;
    if (index < 0) continue;  // not this one, or the engine will say that there is none
    const TensorSpec& spec = model.signature.outputs[static_cast<size_t>(index)];
    if (!CanClassify(spec.type)) {
      return InvalidArgument("output " + Quoted(output.name) +
                             ": the parameter 'classification' expects an output of numbers, found " +
                             std::string(Name(spec.type)));
    }
    classes += ClassesToCome(model, spec, output.classification, request);
    if (Status status = CheckClassesTogether(classes); !status.ok()) {
      return std::move(status).Within("output " + Quoted(output.name));
    }
  }
  prepared_ = MeaningOf(model);
  return {};
}

OutputClasses::Meaning OutputClasses::Answered(const Engine& engine, const ModelId& model) const {
  if (const Result<ModelDescription> found = engine.Describe(model.name, model.version); found.ok()) {
    return MeaningOf(*found);
  }
  if (model.version == prepared_.version) return prepared_;
  return {.version = model.version, .has_rows = prepared_.has_rows, .labels = nullptr};
}

bool OutputClasses::IsLong(const InferResponse& response) const {
  constexpr size_t kElementBytes = 4;
  constexpr size_t kElements = 32 << 10;  // some 100 us
  size_t bytes = 0;
  for (const NamedTensor& output : response.outputs) bytes += output.tensor.data.size();
  return wanted_ && bytes > kElements * kElementBytes;
}

Status OutputClasses::Replace(const std::vector<OutputForm>& outputs, const Engine& engine, InferResponse& response,
                              MemoryPool& pool) const {
  if (!wanted_) return {};
  const Meaning meaning = Answered(engine, response.model);
  const ModelLabels none;
  const ModelLabels& labels = meaning.labels == nullptr ? none : *meaning.labels;
  Classifier classifier(pool);
  for (NamedTensor& output : response.outputs) {
    const auto form = std::ranges::find(outputs, output.name, &OutputForm::name);
    if (form == outputs.end() || !WantsClasses(*form)) continue;
    const auto named = labels.find(output.name);
    Result<Tensor> classes = classifier.Classify(output.tensor, form->classification, meaning.has_rows,
                                                 named == labels.end() ? nullptr : &named->second);
    if (!classes.ok()) return std::move(classes).status().Within("output " + Quoted(output.name));
    output.tensor = *std::move(classes);
  }
  return {};
}

}  // namespace trireme::kserve
