// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "engine/engine.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "model/labels.h"
#include "model/model_id.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// Whether the outermost dimension of a model's tensors counts rows: it batches, or its config file says that it may.
bool HasRows(const ModelDescription& model);

// The part of an infer call that puts classes in the place of outputs, for requests that ask for some.
class OutputClasses {
 public:
  // Looks the model up, if an output asks for classes: what its rows are, its labels, and whether it can be done, as
  // far as that is known before the run.
  Status Prepare(const std::vector<OutputForm>& outputs, const Engine& engine, const InferRequest& request);

  // Whether putting this answer's elements in order takes longer than a loop has time for.
  bool IsLong(const InferResponse& response) const;

  // Classifies the outputs that were asked for so, with the labels of the version that answered: another one may have
  // become ready since. Without labels if that one has gone meanwhile and is not the one that was looked up.
  Status Replace(const std::vector<OutputForm>& outputs, const Engine& engine, InferResponse& response,
                 MemoryPool& pool) const;

 private:
  // What classes need to know of a model version.
  struct Meaning {
    int64_t version = 0;
    bool has_rows = false;
    std::shared_ptr<const ModelLabels> labels;  // shared with the model, which may be gone when the answer is written
  };
  static Meaning MeaningOf(const ModelDescription& model);
  Meaning Answered(const Engine& engine, const ModelId& model) const;

  bool wanted_ = false;
  Meaning prepared_;
};

}  // namespace trireme::kserve
