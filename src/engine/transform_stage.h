// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/memory_pool.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "lifecycle/served_model.h"
#include "model/infer_request.h"

namespace trireme {

// What is done around a model whose requests bring pictures, or want answers for people (transform/model_transform.h):
// an input of BYTES where the model takes pixels is decoded, one picture an element, and an output called "classes",
// "detections" or "segmentation" is made of the model's own.
//
// Runs on workers of its own, so that it takes no time of a loop or of an instance, and overlaps with the model. A
// request that brings pictures and names no outputs gets the answer alone.
//
// Thread-safe. The destructor finishes what was begun: nothing of it may be left that needs more than the pool of
// memory by then.
class TransformStage {
 public:
  struct Options {
    int threads = 1;
    size_t max_waiting = 1024;  // pictures and answers in line
    // That the pictures of one request may become: a small file may be a large picture.
    size_t max_request_bytes = size_t{512} << 20;
  };
  // The request with tensors for the model, to go on with; or why there are none. On a worker.
  using Done = std::function<void(std::shared_ptr<ServedModel>, std::unique_ptr<InferRequest>, Status)>;

  // `pool` must outlive it.
  TransformStage(const Options& options, MemoryPool& pool);

  // Whether a request has anything of this to it. Costs next to nothing.
  static bool Concerns(const ServedModel& model, const InferRequest& request);

  // Of a request that it concerns: `done` is called exactly once.
  void Start(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request, Done done);

 private:
  class Decoding;
  void Decode(const std::shared_ptr<Decoding>& decoding);

  const Options options_;
  MemoryPool& pool_;
  ThreadPool workers_;  // last: its jobs use the rest
};

}  // namespace trireme
