// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "engine/engine.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "model/labels.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// Whether the outermost dimension of a model's tensors counts rows: it batches, or its config file says that it may.
bool HasRows(const ModelDescription& model);

// The part of an infer call that puts classes in the place of outputs, for requests that ask for some.
class OutputClasses {
 public:
  // Looks the model up, if an output asks for classes: what its rows are, its labels, and whether it can be done. From
  // then on the request means this version.
  Status Prepare(const std::vector<OutputForm>& outputs, const Engine& engine, InferRequest& request);

  // Whether putting this answer's elements in order takes longer than a loop has time for.
  bool IsLong(const InferResponse& response) const;

  // Classifies the outputs that were asked for so.
  Status Replace(const std::vector<OutputForm>& outputs, InferResponse& response, MemoryPool& pool) const;

 private:
  bool wanted_ = false;
  bool has_rows_ = false;
  std::shared_ptr<const ModelLabels> labels_;  // shared with the model, which may be gone when the answer is written
};

}  // namespace trireme::kserve
