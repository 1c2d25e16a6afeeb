// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/onnx_model.h"

#include <optional>
#include <utility>

#include "backends/onnx/helper_threads.h"
#include "backends/onnx/ort_error.h"
#include "backends/onnx/predict_shape.h"
#include "base/check.h"

namespace trireme::onnx {
namespace {

std::vector<const char*> NamesOf(const std::vector<TensorSpec>& specs) {
  std::vector<const char*> names;
  names.reserve(specs.size());
  for (const TensorSpec& spec : specs) names.push_back(spec.name.c_str());
  return names;
}

bool IsLeftOut(const Tensor& input, const TensorSpec& spec) {
  return spec.optional && input.data.empty() && input.shape.rank() == 0;
}

}  // namespace

OnnxModel::OnnxModel(std::shared_ptr<const Runtime> runtime, std::shared_ptr<const Session> session,
                     Signature signature, const Options& options)
    : runtime_(std::move(runtime)),
      session_(std::move(session)),
      signature_(std::move(signature)),
      options_(options),
      input_names_(NamesOf(signature_.inputs)),
      output_names_(NamesOf(signature_.outputs)) {}

OnnxModel::~OnnxModel() = default;

Result<std::unique_ptr<OpenModel>> OnnxModel::WithThreads(int threads) {
  if (!options_.may_be_helped) return OpenModel::WithThreads(threads);
  Options options = options_;
  options.threads = threads;
  options.memory_use = {};
  return std::unique_ptr<OpenModel>(std::make_unique<OnnxModel>(runtime_, session_, signature_, options));
}

Result<std::vector<Tensor>> OnnxModel::Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                           std::span<Buffer> destinations) {
  CHECK(inputs.size() == input_names_.size());
  CHECK(destinations.empty() || destinations.size() == wanted.size());
  if (!destinations.empty()) {
    Values bound(runtime_->api(), wanted.size());
    ASSIGN_OR_RETURN(const bool any, Bind(inputs, wanted, destinations, bound));
    if (any && RunSession(inputs, wanted, bound).ok()) return TakeOutputs(bound, destinations);
    // The inputs are at fault, or the signature, and then it works without binding.
  }
  Values outputs(runtime_->api(), wanted.size());
  RETURN_IF_ERROR(RunSession(inputs, wanted, outputs));
  return TakeOutputs(outputs, destinations);
}

Result<bool> OnnxModel::Bind(std::span<const Tensor> inputs, std::span<const int> wanted,
                             std::span<Buffer> destinations, Values& outputs) const {
  bool any = false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const TensorSpec& spec = signature_.outputs[static_cast<size_t>(wanted[i])];
    if (destinations[i].empty() || spec.type == DataType::kBytes) continue;
    const std::optional<Shape> shape = PredictShape(spec, signature_.inputs, inputs);
    const std::optional<size_t> bytes = shape ? ByteSize(spec.type, *shape) : std::nullopt;
    if (!bytes || *bytes > destinations[i].size()) continue;
    RETURN_IF_ERROR(ToDestinationValue(*runtime_, spec.type, *shape, destinations[i], outputs[i]));
    any = true;
  }
  return any;
}

Status OnnxModel::RunSession(std::span<const Tensor> inputs, std::span<const int> wanted, Values& outputs) const {
  Values values(runtime_->api(), inputs.size());
  std::vector<const char*> input_names;
  input_names.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (IsLeftOut(inputs[i], signature_.inputs[i])) continue;
    Status status = ToValue(*runtime_, inputs[i], values[input_names.size()]);
    if (!status.ok()) return std::move(status).Within("input '" + signature_.inputs[i].name + "'");
    input_names.push_back(input_names_[i]);
  }
  std::vector<const char*> names;
  names.reserve(wanted.size());
  for (const int index : wanted) names.push_back(output_names_[static_cast<size_t>(index)]);
  std::optional<HelperThreads::Run> helped;
  if (options_.may_be_helped) helped.emplace(runtime_->helpers(), options_.threads);
  return ToRunStatus(runtime_->api(), runtime_->api().Run(session_->session.get(), session_->run_options.get(),
                                                          input_names.data(), values.data(), input_names.size(),
                                                          names.data(), names.size(), outputs.data()));
}

Result<std::vector<Tensor>> OnnxModel::TakeOutputs(Values& outputs, std::span<Buffer> destinations) const {
  std::vector<Tensor> tensors;
  tensors.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Buffer destination = destinations.empty() ? Buffer() : destinations[i];
    ASSIGN_OR_RETURN(Tensor tensor, ToTensor(runtime_, outputs.Release(i), destination));
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

}  // namespace trireme::onnx
