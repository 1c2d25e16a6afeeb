// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>

#include "base/memory_pool.h"
#include "base/status.h"
#include "engine/picture_task.h"
#include "engine/turn_pool.h"
#include "lifecycle/served_model.h"
#include "model/infer_request.h"

namespace trireme {

// What is done around a model whose requests bring pictures, or want answers for people (transform/model_transform.h):
// an input of BYTES where the model takes pixels is decoded, one picture an element, and an output called "classes",
// "detections" or "segmentation" is made of the model's own.
//
// Runs on workers of its own, so that it takes no time of a loop or of an instance, and overlaps with the model. They
// take turns (engine/turn_line.h): a request of many or large pictures keeps nobody waiting for longer than one of them
// takes, and all of them together take no more memory than is allowed. A request that brings pictures and names no
// outputs gets the answer alone.
//
// Thread-safe. The destructor finishes what was begun; whatever that calls back must be there until then.
class TransformStage {
 public:
  struct Options {
    int threads = 1;
    size_t max_waiting = 1024;  // requests whose pictures are not decoded yet, and answers not made yet
    // That all of them take at the same time: pictures being decoded, tensors until their models have run, texts being
    // written.
    size_t max_bytes = size_t{2} << 30;
    PictureLimits pictures = {};  // of one request; without memory_bytes, which is max_bytes
  };
  using Find = PictureTask::Find;
  using Done = PictureTask::Done;

  // `pool` must outlive it.
  TransformStage(const Options& options, MemoryPool& pool);

  // Whether a request has anything of this to it. Costs next to nothing.
  static bool Concerns(const ServedModel& model, const InferRequest& request);

  // Of a request that it concerns. `done` is called exactly once, as PictureTask says: on a worker, or before this
  // returns if there is nothing to decode or too much waits (kOverloaded).
  void Start(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request, Find find, Done done);

  // Until nothing is being done, for who stops what this calls back.
  void WaitUntilEmpty() { workers_.WaitUntilEmpty(); }

  // Memory that is taken of max_bytes.
  size_t bytes() const { return workers_.bytes() + memory_.bytes(); }

 private:
  Status WrapReply(const ServedModel& model, InferRequest& request, bool has_pictures);
  PictureTask::Done AndWrapReply(Done done);

  const PictureLimits limits_;
  MemoryPool& pool_;
  PictureMemory memory_;
  TurnPool workers_;  // last: its tasks use the rest
};

}  // namespace trireme
