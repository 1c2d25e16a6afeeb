// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/memory_pool.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "engine/picture_memory.h"
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
    // The same of all requests together, from decoding until the model has run.
    uint64_t max_bytes = uint64_t{2} << 30;
  };
  // What there is to be done for a request.
  struct Work {
    std::optional<size_t> picture;  // which of its inputs is pictures
    bool wants_answer = false;      // among the outputs that it names

    bool any() const { return picture || wants_answer; }
  };
  // The request with tensors for the model, to go on with; or why there are none. On a worker if pictures were looked
  // at, else on the thread of Start(), before that returns.
  using Done = std::function<void(std::shared_ptr<ServedModel>, std::unique_ptr<InferRequest>, Status)>;

  // `pool` must outlive it.
  TransformStage(const Options& options, MemoryPool& pool);

  // Costs next to nothing.
  static Work WorkFor(const ServedModel& model, const InferRequest& request);

  // Of a request with work: `done` is called exactly once. kOverloaded: too many pictures wait, or what all requests
  // together may be decoded into is taken; kCancelled: the client has gone before the pictures were looked at.
  void Start(const Work& work, std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request, Done done);

  const PictureMemory& memory() const { return memory_; }

 private:
  class Decoding;
  void Decode(const std::shared_ptr<Decoding>& decoding);

  const Options options_;
  MemoryPool& pool_;
  PictureMemory memory_;
  ThreadPool workers_;  // last: its jobs use the rest
};

}  // namespace trireme
