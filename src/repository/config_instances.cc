// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "repository/config_reader.h"

namespace trireme {
namespace {

using inference::ModelInstanceGroup;

constexpr int kMaxInstances = 1024;

bool HasGpu(const ConfigReader& reader) {
  return std::ranges::any_of(reader.context.devices,
                             [](const Device& device) { return device.kind != DeviceKind::kCpu; });
}

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
      if (HasGpu(reader)) return;
      reader.findings.Add(place.At("kind").Warning("KIND_CPU or KIND_AUTO, as this server runs models on the CPU",
                                                   "KIND_GPU", "it is served on the CPU"));
      return;
    default:
      reader.findings.Add(
          place.At("kind").Error("KIND_AUTO, KIND_CPU, KIND_GPU or KIND_MODEL", std::to_string(group.kind())));
  }
}

// Of a group, so that nobody has to guess whether two copies on one are meant; parameters "device" and "copies" say
// that.
bool HasTwice(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader) {
  std::set<int> seen;
  for (const int index : group.gpus()) {
    if (seen.insert(index).second) continue;
    reader.findings.Add(place.At("gpus").Error("each GPU once", std::to_string(index) + " twice",
                                               "name it once; count says how many callers it has"));
    return true;
  }
  return false;
}

// GPUs as Triton numbers them: as the CUDA runtime does, slices of one too.
void PinTo(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader,
           std::vector<DeviceWish>& copies) {
  const std::vector<Device>& devices = reader.context.devices;
  for (const int index : group.gpus()) {
    const auto found = std::ranges::find_if(
        devices, [&](const Device& device) { return device.kind != DeviceKind::kCpu && device.index == index; });
    if (found != devices.end()) {
      copies.push_back(DeviceWish::On(*found));
      continue;
    }
    reader.findings.Add(place.At("gpus").Error("numbers of GPUs of this server, which has " + NamesOf(devices),
                                               std::to_string(index), "leave out gpus: one that has room is taken"));
    return;
  }
}

// Where the copies of a group are to run.
std::vector<DeviceWish> CopiesOf(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader) {
  if (group.kind() == ModelInstanceGroup::KIND_CPU) {
    if (std::ranges::find(reader.context.devices, Device()) != reader.context.devices.end()) {
      return {DeviceWish::On(Device())};
    }
    reader.findings.Add(place.At("kind").Error(
        "KIND_GPU or KIND_AUTO, as this server has " + NamesOf(reader.context.devices), "KIND_CPU"));
    return {};
  }
  if (!HasGpu(reader)) return {DeviceWish()};
  std::vector<DeviceWish> copies;
  PinTo(group, place, reader, copies);
  if (!group.gpus().empty()) return copies;
  return {{.kind = group.kind() == ModelInstanceGroup::KIND_GPU ? DeviceWish::Kind::kGpu : DeviceWish::Kind::kAny}};
}

// The instances of a group; none of a passive one. Adds where they are to run.
int CountOf(const ModelInstanceGroup& group, const ConfigPlace& place, ConfigReader& reader,
            std::vector<DeviceWish>& copies) {
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
  if (group.gpus_size() > kMaxInstances) {
    reader.findings.Add(place.At("gpus").Error("at most " + std::to_string(kMaxInstances) + " GPUs",
                                               std::to_string(group.gpus_size())));
    return 0;
  }
  if (HasTwice(group, place, reader)) return 0;
  const std::vector<DeviceWish> wishes = CopiesOf(group, place, reader);
  copies.insert(copies.end(), wishes.begin(), wishes.end());
  return std::max(1, group.count()) * std::max(1, static_cast<int>(wishes.size()));
}

}  // namespace

void ReadInstanceGroups(ConfigReader& reader) {
  const auto& groups = reader.message.instance_group();
  const ConfigPlace place = reader.root.At("instance_group");
  if (groups.empty() || !CheckCount(groups.size(), place, reader.findings)) return;
  int instances = 0;
  std::vector<DeviceWish> copies;
  for (int i = 0; i < groups.size(); ++i) {
    instances += CountOf(groups[i], reader.root.At("instance_group", i), reader, copies);
  }
  if (instances > kMaxInstances) {
    reader.findings.Add(
        place.Error("at most " + std::to_string(kMaxInstances) + " instances", std::to_string(instances)));
  } else if (instances > 0) {
    reader.file.config.instances = instances;
  }
  if (!copies.empty() && copies.size() <= kMaxInstances) reader.file.config.copies = std::move(copies);
}

}  // namespace trireme
