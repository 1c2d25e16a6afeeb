// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/torch_model.h"

#include <algorithm>
#include <string>
#include <utility>

#include "backends/torch/torch_error.h"
#include "backends/torch/values.h"
#include "base/check.h"

namespace trireme::torch_backend {
namespace {

bool IsLeftOut(const Tensor& input, const TensorSpec& spec) {
  return spec.optional && input.data.empty() && input.shape.rank() == 0;
}

bool LiesIn(const at::Tensor& tensor, std::span<const Tensor> inputs) {
  if (!tensor.has_storage()) return false;
  const auto* data = static_cast<const std::byte*>(tensor.storage().data_ptr().get());
  return std::ranges::any_of(inputs, [&](const Tensor& input) {
    return data != nullptr && data >= input.data.data() && data < input.data.data() + input.data.size();
  });
}

}  // namespace

TorchModel::TorchModel(std::shared_ptr<const Program> program, Signature signature, std::vector<ResultPlace> places,
                       const Options& options)
    : program_(std::move(program)), signature_(std::move(signature)), places_(std::move(places)), options_(options) {}

Result<std::unique_ptr<OpenModel>> TorchModel::WithThreads(int threads) {
  if (options_.keeps_state || options_.is_on_gpu) return OpenModel::WithThreads(threads);
  Options options = options_;
  options.threads = threads;
  options.memory_use = {};
  return std::unique_ptr<OpenModel>(std::make_unique<TorchModel>(program_, signature_, places_, options));
}

Result<std::vector<Tensor>> TorchModel::Run(std::span<const Tensor> inputs, std::span<const int> wanted,
                                            std::span<Buffer> destinations) {
  CHECK(inputs.size() == signature_.inputs.size());
  CHECK(destinations.empty() || destinations.size() == wanted.size());
  Result<std::vector<Tensor>> outputs =
      Guarded(During::kRun, [&]() -> Result<std::vector<Tensor>> { return RunProgram(inputs, wanted, destinations); });
  if (outputs.ok()) return outputs;
  return Explain(std::move(outputs).status(), inputs);
}

Result<std::vector<Tensor>> TorchModel::RunProgram(std::span<const Tensor> inputs, std::span<const int> wanted,
                                                   std::span<Buffer> destinations) const {
  std::vector<at::Tensor> leaves(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!IsLeftOut(inputs[i], signature_.inputs[i])) leaves[i] = ToTorch(inputs[i], options_.copies_inputs);
  }
  ASSIGN_OR_RETURN(const std::vector<NamedResult> results, program_->RunWithThreads(options_.threads, leaves));
  ASSIGN_OR_RETURN(const std::vector<ResultPlace> places, Places(results));
  std::vector<Tensor> outputs;
  outputs.reserve(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto output = static_cast<size_t>(wanted[i]);
    const NamedResult* result = FindResult(places[output], results);
    if (result == nullptr) {
      return Internal("the model gave no output '" + signature_.outputs[output].name + "' this time, but " +
                      std::to_string(results.size()) + " others");
    }
    const Buffer destination = destinations.empty() ? Buffer() : destinations[i];
    Result<Tensor> tensor =
        FromTorch(result->tensor, signature_.outputs[output].type, destination, LiesIn(result->tensor, inputs));
    if (!tensor.ok()) return std::move(tensor).status().Within("output '" + signature_.outputs[output].name + "'");
    outputs.push_back(*std::move(tensor));
  }
  return outputs;
}

// What does not fit is the config's fault, and not that of who sent the request.
Result<std::vector<ResultPlace>> TorchModel::Places(const std::vector<NamedResult>& results) const {
  if (!places_.empty()) return places_;
  Result<std::vector<ResultPlace>> places = PlacesOf(signature_.outputs, results);
  if (!places.ok()) return Internal(places.status().message());
  return places;
}

// Whoever sent the inputs knows them by name.
Status TorchModel::Explain(Status status, std::span<const Tensor> inputs) const {
  constexpr size_t kMostShown = 8;
  if (status.code() != StatusCode::kInvalidArgument) return status;
  std::string shapes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorSpec& spec = signature_.inputs[i];
    if (IsLeftOut(inputs[i], spec)) continue;
    if (!spec.shape.Accepts(inputs[i].shape)) {
      return std::move(status).Within("input '" + spec.name + "': expected shape " + spec.shape.ToString() +
                                      ", found " + inputs[i].shape.ToString());
    }
    if (i < kMostShown) shapes += (shapes.empty() ? "" : ", ") + spec.name + " " + inputs[i].shape.ToString();
  }
  return std::move(status).Within("the model does not take " + shapes);
}

}  // namespace trireme::torch_backend
