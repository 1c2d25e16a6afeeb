// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/onnx/runtime.h"
#include "base/status.h"

namespace trireme::onnx {

// Makes the shared arena give back what nobody uses. The C API has no call for that, only an option that has it done
// after a run; so this runs a model of one element with that option.
//
// Thread-safe.
class ArenaTrimmer {
 public:
  static Result<ArenaTrimmer> Make(const OrtApi& api, const OrtEnv& env, const OrtMemoryInfo& cpu);

  void Trim() const;

 private:
  ArenaTrimmer(const OrtApi& api, const OrtMemoryInfo& cpu, Handle<OrtSession> session,
               Handle<OrtRunOptions> run_options);

  const OrtApi* api_;
  const OrtMemoryInfo* cpu_;
  Handle<OrtSession> session_;
  Handle<OrtRunOptions> run_options_;
};

}  // namespace trireme::onnx
