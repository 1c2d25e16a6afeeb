// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/local_model.h"
#include "bench/options.h"
#include "bench/target.h"
#include "tensor/tensor.h"

namespace trireme::bench {

// A model in this process, which is sent what a server would be sent, without a server.
class LocalTarget final : public Target {
 public:
  // Opens it and makes up its requests as `ask` says: rows, shapes, seed, input files of KServe V2; whatever else is in
  // that is about servers. Errors name the file, or what is wrong with the wishes.
  static Result<std::unique_ptr<LocalTarget>> Open(const LocalModelOptions& options, const BenchOptions& ask,
                                                   const OpenLocalModel& open);
  LocalTarget(const LocalTarget&) = delete;
  LocalTarget& operator=(const LocalTarget&) = delete;

  const TargetFacts& facts() const override { return facts_; }
  Result<LoadResult> Run(LoadPlan plan) override;
  Status Probe() override { return {}; }

 private:
  LocalTarget() = default;
  Status MakeRequests(const BenchOptions& ask);

  MemoryPool pool_;
  std::unique_ptr<LocalModel> model_;
  int callers_ = 1;
  std::vector<std::vector<Tensor>> requests_;  // sent in turn
  TargetFacts facts_;
};

}  // namespace trireme::bench
