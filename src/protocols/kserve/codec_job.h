// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/thread_pool.h"

namespace trireme::kserve {

// Goes on with a call on a codec worker, as `job(std::move(call))`. False if too many are waiting: the call stays.
template <typename Call, typename Job>
bool ContinueOnWorker(ThreadPool& workers, std::unique_ptr<Call>& call, Job job) {
  // A job must be copyable; the call is owned by the raw pointer until it runs.
  Call* raw = call.get();
  if (!workers.Submit([raw, job] { job(std::unique_ptr<Call>(raw)); })) return false;
  (void)call.release();  // NOLINT(bugprone-unused-return-value): the job has it now
  return true;
}

}  // namespace trireme::kserve
