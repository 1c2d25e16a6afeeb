// SPDX-License-Identifier: Apache-2.0
#include "engine/requested_answer.h"

#include <algorithm>

namespace trireme {

using transform::ModelTransform;

bool WantsAnswer(const ServedModel& model, const InferRequest& request, bool has_pictures) {
  if (model.transform == nullptr || !model.transform->answer) return false;
  if (request.outputs.empty()) return has_pictures;
  const std::string_view name = Name(model.transform->answer->kind);
  return std::ranges::any_of(request.outputs, [&](const RequestedOutput& output) { return output.name == name; });
}

Result<std::vector<RequestedOutput>> OutputsToAsk(const ServedModel& model, const InferRequest& request,
                                                  bool has_pictures) {
  if (!WantsAnswer(model, request, has_pictures)) return request.outputs;
  const ModelTransform::Answer& answer = *model.transform->answer;
  std::vector<RequestedOutput> asked;
  size_t answers = 0;
  for (const RequestedOutput& output : request.outputs) {
    if (output.name == answer.name()) {
      if (++answers > 1) return InvalidArgument("output '" + output.name + "' is requested twice");
    } else if (std::ranges::find(answer.outputs, output.name) != answer.outputs.end()) {
      asked.push_back({.name = output.name, .destination = {}});
    } else {
      asked.push_back(output);
    }
  }
  for (const std::string& name : answer.outputs) {
    const bool is_asked = std::ranges::any_of(asked, [&](const auto& output) { return output.name == name; });
    if (!is_asked) asked.push_back({.name = name, .destination = {}});
  }
  return asked;
}

std::vector<std::string> OutputsToGive(const ServedModel& model, const InferRequest& request) {
  std::vector<std::string> names;
  for (const RequestedOutput& output : request.outputs) names.push_back(output.name);
  if (names.empty()) names.emplace_back(Name(model.transform->answer->kind));
  return names;
}

}  // namespace trireme
