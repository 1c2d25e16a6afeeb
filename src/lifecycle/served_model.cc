// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/served_model.h"

namespace trireme {

std::shared_ptr<const ServedModel> ServedModel::Description() const {
  auto description = std::make_shared<ServedModel>();
  description->id = id;
  description->signature = signature;
  description->config = config;
  description->platform = platform;
  description->likeness = likeness;
  description->free_dim = free_dim;
  description->backend = backend;
  description->file_name = file_name;
  description->declared = declared;
  description->config_message = config_message;
  description->labels = labels;
  description->transform = transform;
  description->metrics = metrics;
  return description;
}

DeviceBytes ServedModel::memory() const {
  DeviceBytes::Map bytes;
  for (const auto& [device, held] : weights) bytes[device] = held->BytesOfEach();
  return bytes;
}

}  // namespace trireme
