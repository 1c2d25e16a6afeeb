// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "model/infer_request.h"
#include "protocols/kserve/infer_services.h"
#include "protocols/kserve/output_classes.h"
#include "protocols/kserve/shared_memory_tensors.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// What has to be known of a request when its answer is encoded.
struct AnswerPlan {
  ResponseForm form;
  OutputClasses classes;
  SharedOutputs shared;
};

// Moves what a message of V2 says into a request, whose model, version and caller are set already, and into the plan
// for its answer; whatever protocol it came by. If that fails, the plan says all the same what the message asked for.
// Whether it takes longer than a loop has time for: IsLongToPlace().
Status FillRequest(const InferServices& services, InferRequestMessage message, InferRequest& request, AnswerPlan& plan);

// Brings the outputs into the form and to the place that their client wants.
Status FinishOutputs(const InferServices& services, const AnswerPlan& plan, InferResponse& response);

// Whether that takes longer than a loop has time for.
bool IsLongToFinish(const AnswerPlan& plan, const InferResponse& response);

}  // namespace trireme::kserve
