// SPDX-License-Identifier: Apache-2.0
#include "backend/backend.h"

#include <utility>

namespace trireme {

Status RunForResponses(OpenModel& model, std::span<const Tensor> inputs, std::span<const int> wanted,
                       std::span<Buffer> destinations, ResponseStream& responses) {
  if (model.decoupled()) return model.RunDecoupled(inputs, wanted, responses);
  ASSIGN_OR_RETURN(std::vector<Tensor> outputs, model.Run(inputs, wanted, destinations));
  responses.Send(std::move(outputs));
  return {};
}

Result<std::unique_ptr<OpenModel>> OpenModel::WithThreads(int threads) {
  return Unsupported("runs of this model cannot be given " + std::to_string(threads) + " threads once it is open");
}

Status Backend::RunsOn(const Device& device) const {
  if (device.kind == DeviceKind::kCpu) return {};
  return Unsupported("models of backend '" + std::string(name()) + "' run on cpu alone, not on " + device.ToString());
}

}  // namespace trireme
