// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/mutex.h"

namespace trireme {

// What a fake model does, watched and steered from the test. Shared between the test and the models; thread-safe.
class FakeScript {
 public:
  // Runs wait from now on, until Release().
  void Hold();
  void Release();
  // Blocks until so many runs are being held at the same time.
  void WaitUntilHeld(int runs);

  // What each run may return instead of its outputs; called with the rows of the run.
  void FailWhen(std::function<Status(int64_t rows)> fail);

  // Runs of a decoupled model wait before their response of this index from now on, until Release().
  void HoldBefore(int response);

  // How runs of a decoupled model end that have sent so many responses, and what they do not send any more.
  void FailAfter(int responses, Status status);

  // The rows of each run so far, in order; and with how many threads each was made.
  std::vector<int64_t> runs() const;
  std::vector<int> run_threads() const;

  // Every model is refused with this from now on, until it is OK.
  void FailOpensWith(Status status);

  // How often a model was opened, or was tried to be; and the models that are open now, each of them once, with however
  // many threads it can be run (OpenModel::WithThreads).
  int opens() const;
  int open_models() const;
  // With what it was opened last.
  OpenOptions last_options() const;

 private:
  friend class FakeWeights;
  friend class FakeModel;
  friend class FakeBackend;
  Status Enter(int64_t rows, int threads);
  Status EnterResponse(int response);

  mutable Mutex mutex_;
  CondVar changed_;
  bool held_ GUARDED_BY(mutex_) = false;
  int waiting_ GUARDED_BY(mutex_) = 0;
  int held_response_ GUARDED_BY(mutex_) = -1;
  int fail_after_ GUARDED_BY(mutex_) = -1;
  Status end_ GUARDED_BY(mutex_);
  std::function<Status(int64_t)> fail_ GUARDED_BY(mutex_);
  std::vector<int64_t> runs_ GUARDED_BY(mutex_);
  std::vector<int> run_threads_ GUARDED_BY(mutex_);
  int opens_ GUARDED_BY(mutex_) = 0;
  Status no_opens_ GUARDED_BY(mutex_);
  int open_models_ GUARDED_BY(mutex_) = 0;
  OpenOptions last_options_ GUARDED_BY(mutex_);
};

// FP32 [rows, 4] in ("x"), twice that out ("y"); or, mixing rows, minus the mean of the batch. Decoupled: a response
// for each row.
struct FakeOptions {
  bool batched = true;
  bool mixes_rows = false;
  bool decoupled = false;
  bool keeps_state = false;
  bool has_loop = false;
  bool may_change = true;  // TensorSpec::may_change, of both
  size_t weight_bytes = 1000;
  bool runs_on_gpus = true;
  int threads = 1;                  // of a run, of a model that no backend has opened
  bool takes_other_threads = true;  // unless it keeps state
  bool describes = true;            // false: the backend says nothing of a model before it opens it
};
Signature FakeSignature(const FakeOptions& options = {});
std::unique_ptr<OpenModel> MakeFakeModel(std::shared_ptr<FakeScript> script, const FakeOptions& options = {});

// Opens every path with the suffix ".onnx" as a fake model, whether it is there or not; except those whose stem begins
// with "bad", or whose contents do.
std::unique_ptr<Backend> MakeFakeBackend(std::shared_ptr<FakeScript> script, const FakeOptions& options = {});

}  // namespace trireme
