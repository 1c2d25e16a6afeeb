// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backends/trees/row_team.h"
#include "backends/trees/scorer.h"
#include "backends/trees/trees_signature.h"
#include "base/memory_pool.h"

namespace trireme::trees {

// A forest that is open. Small batches run on the calling thread alone.
class TreesModel final : public OpenModel {
 public:
  // The pool outlives it. `scorer` is shared with the same model with other threads, `team` with all models.
  TreesModel(std::shared_ptr<const Scorer> scorer, TreesSignature signature, int threads, MemoryPool& pool,
             std::shared_ptr<RowTeam> team, MemoryUse memory_use);

  const Signature& signature() const override { return made_.signature; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override;
  MemoryUse memory_use() const override { return memory_use_; }
  Result<std::unique_ptr<OpenModel>> WithThreads(int threads) override;

 private:
  Status CheckInput(const Tensor& input) const;
  Shape ShapeOf(OutputKind kind, int64_t rows) const;
  Result<Tensor> MakeOutput(int output, int64_t rows, std::span<Buffer> destinations, size_t position) const;
  void Score(std::span<const float> rows, const Scorer::Results& results) const;
  void Adjust(std::span<float> scores) const;
  Tensor LabelsOf(std::span<const uint32_t> labels, Buffer destination) const;

  const std::shared_ptr<const Scorer> scorer_;
  const TreesSignature made_;
  const int threads_;
  MemoryPool& pool_;
  const std::shared_ptr<RowTeam> team_;
  const MemoryUse memory_use_;
};

}  // namespace trireme::trees
