// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "model/infer_request.h"
#include "model/infer_response.h"
#include "protocols/kserve/infer_services.h"
#include "tensor/buffer.h"
#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// The tensors of a request that lie in memory of its client instead of travelling.
//
// A client may write to its memory at any time, also while a model runs. So a model reads and writes there what it says
// may change (TensorSpec::may_change), and of all else it gets a copy, or it is written when the run is over; so is an
// output that would overwrite an input or another output.

// Gives the inputs their elements, and returns those that are read where they lie, which the request is told of too.
// The request must know its model and who asks, whose regions are meant. kNotFound: no such region; kInvalidArgument:
// its range is not what type and shape ask for, or what lies there is no tensor; kTooLarge, kUnavailable: too much
// would have to be copied, or all requests together do.
Result<std::vector<Buffer>> PlaceSharedInputs(const InferServices& services, InferRequestMessage& message,
                                              InferRequest& request);

// Whether that takes longer than a loop has time for.
bool IsLongToPlace(const InferRequestMessage& message);

// The outputs that a client wants in its memory, while its request is under way.
class SharedOutputs {
 public:
  // Finds their places, and tells the request's outputs, which must be those of the message, of those that a model may
  // write to. `in_use` is what PlaceSharedInputs() returned.
  Status Place(const InferServices& services, std::vector<Buffer> in_use, const std::vector<OutputForm>& outputs,
               InferRequest& request);

  // Whether Store() takes longer than a loop has time for.
  bool IsLong(const InferResponse& response) const;

  // Writes those that the model did not write there itself. kInvalidArgument: there is no room for one.
  Status Store(const InferResponse& response) const;

 private:
  struct Output {
    std::string name;
    Buffer place;
  };
  Status StoreOne(const Output& output, const Tensor& tensor) const;

  std::vector<Output> outputs_;
};

}  // namespace trireme::kserve
