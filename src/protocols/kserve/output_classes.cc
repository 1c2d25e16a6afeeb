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

}  // namespace

bool HasRows(const ModelDescription& model) {
  return model.signature.batched || model.declared.max_batch_size.value_or(0) > 0;
}

Status OutputClasses::Prepare(const std::vector<OutputForm>& outputs, const Engine& engine, InferRequest& request) {
  wanted_ = std::ranges::any_of(outputs, WantsClasses);
  if (!wanted_) return {};
  ASSIGN_OR_RETURN(const ModelDescription model, engine.Describe(request.model, request.version));
  for (const OutputForm& output : outputs) {
    const int index = WantsClasses(output) ? FindSpec(model.signature.outputs, output.name) : -1;
    if (index < 0) continue;  // not this one, or the engine will say that there is none
    const DataType type = model.signature.outputs[static_cast<size_t>(index)].type;
    if (!CanClassify(type)) {
      return InvalidArgument("output " + Quoted(output.name) +
                             ": the parameter 'classification' expects an output of numbers, found " +
                             std::string(Name(type)));
    }
  }
  request.version = model.id.version;
  has_rows_ = HasRows(model);
  labels_ = model.labels;
  return {};
}

bool OutputClasses::IsLong(const InferResponse& response) const {
  constexpr size_t kElementBytes = 4;
  constexpr size_t kElements = 32 << 10;  // some 100 us
  size_t bytes = 0;
  for (const NamedTensor& output : response.outputs) bytes += output.tensor.data.size();
  return wanted_ && bytes > kElements * kElementBytes;
}

Status OutputClasses::Replace(const std::vector<OutputForm>& outputs, InferResponse& response, MemoryPool& pool) const {
  if (!wanted_) return {};
  for (NamedTensor& output : response.outputs) {
    const auto form = std::ranges::find(outputs, output.name, &OutputForm::name);
    if (form == outputs.end() || !WantsClasses(*form)) continue;
    const auto labels = labels_ == nullptr ? ModelLabels::const_iterator() : labels_->find(output.name);
    const bool has_labels = labels_ != nullptr && labels != labels_->end();
    Result<Tensor> classes =
        Classify(output.tensor, form->classification, has_rows_, has_labels ? &labels->second : nullptr, pool);
    if (!classes.ok()) return std::move(classes).status().Within("output " + Quoted(output.name));
    output.tensor = *std::move(classes);
  }
  return {};
}

}  // namespace trireme::kserve
