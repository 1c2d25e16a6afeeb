// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "backends/onnx/runtime.h"
#include "base/mutex.h"
#include "base/status.h"

namespace trireme::onnx {

// Threads that help those who run a model, for all sessions of the environment together: so a session, and with it the
// weights, is made once for runs with one thread and for runs with many.
//
// ONNX Runtime settles with the environment among how many threads the work of an operator is divided. But a share that
// nobody has taken up its caller does itself, and that costs next to nothing (a percent or two at eight shares). Here
// the shares are always as many, and who takes them is settled run by run: helpers start with the first run that wants
// any, and rest while none does. A run has only as many as there are processors left by those that are on their way
// beside it, and none if its caller stands back for others (base/quiet_thread.h).
//
// A helper rests inside of a task of its own: the runtime has a way to run a model on one of these threads (RunAsync);
// it is given a model of one element, and the callback at the run's end does not return before the helper is wanted.
// While it rests it neither spins nor takes up anybody's work.
//
// Thread-safe.
class HelperThreads {
 public:
  struct Options {
    int threads = 1;     // of one run at most, its caller's included: so many shares
    int processors = 1;  // for the runs that are on their way
  };

  HelperThreads(const OrtApi& api, const Options& options);
  // After the environment, which ends them.
  ~HelperThreads();
  HelperThreads(const HelperThreads&) = delete;
  HelperThreads& operator=(const HelperThreads&) = delete;

  // Makes these the threads of the environment that is made with `options`.
  Status AddTo(OrtThreadingOptions* options);

  // Once that is there. `cpu` outlives them.
  Status Begin(const OrtEnv& env, const OrtMemoryInfo& cpu);

  // Before that goes; no run is on its way any more.
  void End();

  int threads() const { return options_.threads; }

  // Helpers that are at work or ready for it, for tests.
  int awake() const;
  int resting() const;

  // Has helpers while it lives: a run that is on its way, with so many threads. To be made by its caller.
  class Run {
   public:
    Run(HelperThreads& helpers, int threads);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    HelperThreads& helpers_;
    const int wanted_;    // helpers
    const bool counted_;  // a run of one thread is, if there are others with more
  };

 private:
  struct Helper;
  struct Errand;

  static OrtCustomThreadHandle CreateThread(void* owner, OrtThreadWorkerFn work, void* argument);
  static void JoinThread(OrtCustomThreadHandle helper);
  static void RestHere(void* errand, OrtValue** outputs, size_t count, OrtStatus* status);

  void Enter(int wanted) EXCLUDES(mutex_);
  void Leave(int wanted) EXCLUDES(mutex_);
  int Wanted() const REQUIRES(mutex_);
  std::vector<Errand*> Settle() REQUIRES(mutex_);
  void Send(const std::vector<Errand*>& errands) EXCLUDES(mutex_);
  void Rest(Errand& errand) EXCLUDES(mutex_);
  void Start() REQUIRES(mutex_);
  void StartAll() EXCLUDES(mutex_);

  const OrtApi& api_;
  const Options options_;
  Handle<OrtSession> session_;  // of one element
  // Runs that want helpers. Read without the lock by those that want none; it orders nothing: one that does not see
  // another is just not counted beside it.
  std::atomic<int> wide_runs_ = 0;

  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<Helper>> helpers_ GUARDED_BY(mutex_);
  int started_ GUARDED_BY(mutex_) = 0;
  std::vector<int> runs_ GUARDED_BY(mutex_);  // on their way, by how many helpers they want
  int to_rest_ GUARDED_BY(mutex_) = 0;        // helpers
  int resting_ GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Errand>> errands_ GUARDED_BY(mutex_);
  std::vector<Errand*> free_errands_ GUARDED_BY(mutex_);  // one a helper; the others are queued or rested in
};

}  // namespace trireme::onnx
