// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/thread_pool.h"
#include "net/http_handler.h"

namespace trireme {

// Goes on with a call on a codec worker, as `job(std::move(call))`. False if too many are waiting: the call stays.
template <typename Call, typename Job>
bool ContinueOnWorker(ThreadPool& workers, std::unique_ptr<Call>& call, Job job) {
  // A job must be copyable; the call is owned by the raw pointer until it runs.
  Call* raw = call.get();
  if (!workers.Submit([raw, job] { job(std::unique_ptr<Call>(raw)); })) return false;
  (void)call.release();  // NOLINT(bugprone-unused-return-value): the job has it now
  return true;
}

// Goes on with a call, which is a Task that ends itself, on its loop: here and now if this is it.
template <typename Call>
void ContinueOnLoop(net::Executor& loop, std::unique_ptr<Call> call) {
  Call* raw = call.release();
  if (loop.OnThread()) {
    raw->Run();
  } else {
    loop.Post(raw);
  }
}

// The same once its answer is encoded, if that is long, on a codec worker. A call that comes without, encodes it
// itself.
template <typename Call>
void EncodeAndContinue(ThreadPool& workers, net::Executor& loop, std::unique_ptr<Call> call, bool is_long) {
  const auto encode = [&loop](std::unique_ptr<Call> self) {
    self->Encode();
    loop.Post(self.release());
  };
  if (!is_long || !ContinueOnWorker(workers, call, encode)) ContinueOnLoop(loop, std::move(call));
}

}  // namespace trireme
