// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backends/torch/program.h"
#include "backends/torch/result_places.h"

namespace trireme::torch_backend {

// A TorchScript module: it has the weights once, and any number of threads run it, but for one that writes to its own
// attributes, whose runs wait for one another. Inputs are read where they lie, unless the program writes to them;
// outputs stay where the library put them.
class TorchModel : public OpenModel {
 public:
  struct Options {
    bool copies_inputs = false;  // the program writes to what it is given, or may keep it
    bool keeps_state = false;
    bool has_loop = false;
    int threads = 1;         // of a run
    bool is_on_gpu = false;  // where these are of no use
    MemoryUse memory_use = {};
  };

  // `program` is shared with the same model with other threads. `places` has one an output; or none, where none is
  // known before a run.
  TorchModel(std::shared_ptr<const Program> program, Signature signature, std::vector<ResultPlace> places,
             const Options& options);

  const Signature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override;
  bool keeps_state() const override { return options_.keeps_state; }
  bool has_loop() const override { return options_.has_loop; }
  MemoryUse memory_use() const override { return options_.memory_use; }
  Result<std::unique_ptr<OpenModel>> WithThreads(int threads) override;

 private:
  Result<std::vector<Tensor>> RunProgram(std::span<const Tensor> inputs, std::span<const int> wanted,
                                         std::span<Buffer> destinations) const;
  Result<std::vector<ResultPlace>> Places(const std::vector<NamedResult>& results) const;
  Status Explain(Status status, std::span<const Tensor> inputs) const;

  const std::shared_ptr<const Program> program_;
  const Signature signature_;
  const std::vector<ResultPlace> places_;
  const Options options_;
};

}  // namespace trireme::torch_backend
