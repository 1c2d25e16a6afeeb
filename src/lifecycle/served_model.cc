// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/served_model.h"

#include <utility>

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
  description->signatures = signatures;
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
  DeviceBytes all(std::move(bytes));
  if (other_signatures) all.Add(other_signatures->memory());
  return all;
}

void ServedModel::Close() {
  if (other_signatures) other_signatures->Close();
  line->Close();
}

}  // namespace trireme
