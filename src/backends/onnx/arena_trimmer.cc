// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/arena_trimmer.h"

#include <onnxruntime_run_options_config_keys.h>

#include <utility>

#include "backends/onnx/one_element_model.h"
#include "backends/onnx/ort_error.h"

namespace trireme::onnx {
namespace {

Result<Handle<OrtRunOptions>> MakeTrimmingOptions(const OrtApi& api) {
  OrtRunOptions* made = nullptr;
  RETURN_IF_ERROR(ToStatus(api, api.CreateRunOptions(&made)));
  Handle<OrtRunOptions> options(made, api.ReleaseRunOptions);
  RETURN_IF_ERROR(ToStatus(api, api.AddRunConfigEntry(made, kOrtRunOptionsConfigEnableMemoryArenaShrinkage, "cpu:0")));
  return options;
}

}  // namespace

ArenaTrimmer::ArenaTrimmer(const OrtApi& api, const OrtMemoryInfo& cpu, Handle<OrtSession> session,
                           Handle<OrtRunOptions> run_options)
    : api_(&api), cpu_(&cpu), session_(std::move(session)), run_options_(std::move(run_options)) {}

Result<ArenaTrimmer> ArenaTrimmer::Make(const OrtApi& api, const OrtEnv& env, const OrtMemoryInfo& cpu) {
  ASSIGN_OR_RETURN(Handle<OrtSession> session, OpenOneElementModel(api, env));
  ASSIGN_OR_RETURN(Handle<OrtRunOptions> run_options, MakeTrimmingOptions(api));
  return ArenaTrimmer(api, cpu, std::move(session), std::move(run_options));
}

void ArenaTrimmer::Trim() const {
  // Neither lies in the arena, where even one element would hold a whole region back.
  float in = 0;
  float out = 0;
  const Result<Handle<OrtValue>> input = ViewOneElement(*api_, *cpu_, in);
  const Result<Handle<OrtValue>> output = ViewOneElement(*api_, *cpu_, out);
  if (!input.ok() || !output.ok()) return;
  const char* const input_name = OneElementModel::kInput;
  const char* const output_name = OneElementModel::kOutput;
  const OrtValue* inputs[] = {input->get()};
  OrtValue* outputs[] = {output->get()};
  // A trim that fails leaves memory where it was: nothing that anybody could do more about.
  (void)ToStatus(*api_,
                 api_->Run(session_.get(), run_options_.get(), &input_name, inputs, 1, &output_name, 1, outputs));
}

}  // namespace trireme::onnx
