// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/fill_request.h"

#include <utility>
#include <vector>

namespace trireme::kserve {

Status FillRequest(const InferServices& services, InferRequestMessage message, InferRequest& request,
                   AnswerPlan& plan) {
  plan.form = std::move(message.form);
  request.id = plan.form.id.value_or("");
  ASSIGN_OR_RETURN(std::vector<Buffer> in_use, PlaceSharedInputs(services, message, request));
  request.inputs = std::move(message.inputs);
  request.outputs.reserve(plan.form.outputs.size());
  for (const OutputForm& output : plan.form.outputs) {
    request.outputs.push_back({.name = output.name, .index = -1, .destination = {}});
  }
  request.sequence = std::move(message.sequence);
  request.priority = message.priority;
  request.parameters = std::move(message.parameters);
  request.queue_timeout = message.timeout.value_or(std::chrono::microseconds(0));
  RETURN_IF_ERROR(plan.shared.Place(services, std::move(in_use), plan.form.outputs, request));
  return plan.classes.Prepare(plan.form.outputs, services.engine, request);
}

Status FinishOutputs(const InferServices& services, const AnswerPlan& plan, InferResponse& response) {
  RETURN_IF_ERROR(plan.classes.Replace(plan.form.outputs, services.engine, response, services.pool));
  return plan.shared.Store(response);
}

bool IsLongToFinish(const AnswerPlan& plan, const InferResponse& response) {
  return plan.classes.IsLong(response) || plan.shared.IsLong(response);
}

}  // namespace trireme::kserve
