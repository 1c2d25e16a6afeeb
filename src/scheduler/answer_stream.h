// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/status.h"
#include "model/infer_request.h"
#include "model/model_id.h"
#include "model/signature.h"
#include "model/statistics.h"
#include "scheduler/model_metrics.h"

namespace trireme {

// Hands the responses of one run on to the client of its request, under the names and shapes that it knows; each is
// counted before it leaves. Used by one thread.
class AnswerStream final : public ResponseStream {
 public:
  // All must outlive it. `request.stages.run_begin` is set; its inputs have been taken.
  AnswerStream(InferRequest& request, const ModelId& id, const Signature& signature, const Clock& clock,
               ModelMetrics& metrics);

  bool Send(std::vector<Tensor> outputs) override;
  bool Wanted() override;

  // How the request ended whose run has ended like this: a run that was told to end did not fail, and did not succeed.
  // Once, before its reply is finished.
  struct Ending {
    Status status;
    ModelStatistics::FailureReason reason;  // if it is not OK
  };
  Ending End(Status ran);

 private:
  Status Prepare(std::vector<Tensor>& outputs, InferResponse& response);
  void Stop(Status why, ModelStatistics::FailureReason reason);

  InferRequest& request_;
  const ModelId& id_;
  const Signature& signature_;
  const Clock& clock_;
  ModelMetrics& metrics_;
  size_t sent_ = 0;
  TimePoint last_;  // when the last response left, or the run began
  Status stopped_;  // why it takes no more
  ModelStatistics::FailureReason reason_ = ModelStatistics::FailureReason::kBackend;
};

}  // namespace trireme
