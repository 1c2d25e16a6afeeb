// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "backend/backend_set.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/local_model.h"

namespace trireme {

// Opens models for this process alone, as a server would open them: the same files and folders, found by the same
// rules, by the same plug-ins. What it opened must go before it does.
class LocalModels {
 public:
  LocalModels();

  // The newest version of the one model at the path. kNotFound: there is none; kInvalidArgument: there are several, or
  // it cannot be one; kUnsupported: it keeps state and is to have several callers, or gives several responses.
  Result<std::unique_ptr<bench::LocalModel>> Open(const bench::LocalModelOptions& options);

 private:
  const Logger log_;
  MemoryPool pool_;
  BackendSet backends_;
};

}  // namespace trireme
