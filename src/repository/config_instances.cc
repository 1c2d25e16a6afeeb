// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "repository/config_reader.h"

namespace trireme {
namespace {

using inference::ModelInstanceGroup;

constexpr int kMaxInstances = 1024;

void CheckKind(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader) {
  switch (group.kind()) {
    case ModelInstanceGroup::KIND_AUTO:
    case ModelInstanceGroup::KIND_MODEL:
      return;
    case ModelInstanceGroup::KIND_CPU:
      if (group.gpus().empty()) return;
      reader.findings.Add(place.At("gpus").Error("none, for KIND_CPU", std::to_string(group.gpus_size()) + " GPUs",
                                                 "leave out gpus, or write KIND_AUTO"));
      return;
    case ModelInstanceGroup::KIND_GPU:
      if (reader.context.defaults.device.kind != DeviceKind::kCpu) return;
      reader.findings.Add(place.At("kind").Warning("KIND_CPU or KIND_AUTO, as this server runs models on the CPU",
                                                   "KIND_GPU", "it is served on the CPU"));
      return;
    default:
      reader.findings.Add(
          place.At("kind").Error("KIND_AUTO, KIND_CPU, KIND_GPU or KIND_MODEL", std::to_string(group.kind())));
  }
}

// The instances of a group; none of a passive one.
int CountOf(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader) {
  if (group.count() < 0 || group.count() > kMaxInstances) {
    reader.findings.Add(
        place.At("count").Error("a number from 1 to " + std::to_string(kMaxInstances), std::to_string(group.count())));
    return 0;
  }
  CheckKind(group, place, reader);
  if (group.passive()) {
    reader.findings.Add(place.At("passive").Note("passive instances are not started: nothing would run them"));
    return 0;
  }
  return std::max(1, group.count());
}

}  // namespace

void ReadInstanceGroups(ConfigReader& reader) {
  const auto& groups = reader.message.instance_group();
  const ConfigPlace place = reader.root.At("instance_group");
  if (groups.empty() || !CheckCount(groups.size(), place, reader.findings)) return;
  int instances = 0;
  for (int i = 0; i < groups.size(); ++i) instances += CountOf(groups[i], reader.root.At("instance_group", i), reader);
  if (instances > kMaxInstances) {
    reader.findings.Add(
        place.Error("at most " + std::to_string(kMaxInstances) + " instances", std::to_string(instances)));
  } else if (instances > 0) {
    reader.file.config.instances = instances;
  }
}

}  // namespace trireme
