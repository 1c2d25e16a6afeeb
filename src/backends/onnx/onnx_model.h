// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "backends/onnx/runtime.h"
#include "backends/onnx/values.h"

namespace trireme::onnx {

// A session of ONNX Runtime and how it is run.
struct Session {
  Handle<OrtSession> session;
  Handle<OrtRunOptions> run_options;
};

// Runs one session: that has the weights once, and any number of threads run it, each run with so many threads. Inputs
// are read where they lie; outputs stay where the runtime put them.
class OnnxModel : public OpenModel {
 public:
  struct Options {
    bool has_loop = false;
    bool may_be_helped = false;  // SessionSettings has it
    int threads = 1;             // of a run, if so
    MemoryUse memory_use = {};
  };

  // `session` is shared with the same model with other threads.
  OnnxModel(std::shared_ptr<const Runtime> runtime, std::shared_ptr<const Session> session, Signature signature,
            const Options& options);
  ~OnnxModel() override;

  const Signature& signature() const override { return signature_; }
  Result<std::vector<Tensor>> Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                  std::span<Buffer> destinations) override;
  bool has_loop() const override { return options_.has_loop; }
  MemoryUse memory_use() const override { return options_.memory_use; }
  Result<std::unique_ptr<OpenModel>> WithThreads(int threads) override;

 private:
  // Binds those destinations whose output's shape is known beforehand; true if there is one.
  Result<bool> Bind(std::span<const Tensor> inputs, std::span<const int> wanted, std::span<Buffer> destinations,
                    Values& outputs) const;
  Status RunSession(std::span<const Tensor> inputs, std::span<const int> wanted, Values& outputs) const;
  Result<std::vector<Tensor>> TakeOutputs(Values& outputs, std::span<Buffer> destinations) const;

  const std::shared_ptr<const Runtime> runtime_;
  const std::shared_ptr<const Session> session_;
  const Signature signature_;
  const Options options_;
  std::vector<const char*> input_names_;  // of the signature's strings, as the C API wants them
  std::vector<const char*> output_names_;
};

}  // namespace trireme::onnx
