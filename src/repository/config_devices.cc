// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repository/config_reader.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr int kMostCopies = 64;

const std::string* Parameter(const ConfigReader& reader, const char* key) {
  const auto at = reader.message.parameters().find(key);
  return at == reader.message.parameters().end() ? nullptr : &at->second.string_value();
}

ConfigPlace PlaceOf(const ConfigReader& reader, const char* key) {
  return reader.root.Entry("parameters", reader.message, key);
}

bool HasGpu(const ConfigReader& reader) {
  return std::ranges::any_of(reader.context.devices,
                             [](const Device& device) { return device.kind != DeviceKind::kCpu; });
}

std::optional<DeviceWish> WishOf(std::string_view text, const ConfigReader& reader) {
  if (text == "auto") return DeviceWish();
  if (text == "gpu" && HasGpu(reader)) return DeviceWish{.kind = DeviceWish::Kind::kGpu};
  const Result<Device> device = Device::Parse(text);
  if (!device.ok()) return std::nullopt;
  const std::vector<Device>& devices = reader.context.devices;
  const auto found = std::ranges::find(devices, *device);
  return found == devices.end() ? std::nullopt : std::optional(DeviceWish::On(*found));
}

// "cuda:0", "cuda:0,cuda:1,MIG-..."
std::vector<DeviceWish> ReadDeviceList(std::string_view text, ConfigReader& reader) {
  std::vector<DeviceWish> wishes;
  for (const std::string_view one : SplitDeviceNames(text)) {
    const std::optional<DeviceWish> wish = WishOf(one, reader);
    if (!wish || wishes.size() == kMostCopies) {
      reader.findings.Add(PlaceOf(reader, kDeviceParameter)
                              .Error("auto, gpu or devices of this server, which has " +
                                         NamesOf(reader.context.devices) + ", with commas between them, " +
                                         std::to_string(kMostCopies) + " at most",
                                     Quoted(one.substr(0, 80))));
      return {};
    }
    wishes.push_back(*wish);
  }
  return wishes;
}

bool IsGpu(const DeviceWish& wish) {
  if (wish.kind == DeviceWish::Kind::kPinned) return wish.device.kind != DeviceKind::kCpu;
  return wish.kind == DeviceWish::Kind::kGpu;
}

bool Allows(const DeviceWish& group, const DeviceWish& wish) {
  if (group.kind == DeviceWish::Kind::kGpu) return IsGpu(wish);
  return group.kind == DeviceWish::Kind::kAny || group == wish;
}

std::string NameOf(const DeviceWish& wish) {
  if (wish.kind == DeviceWish::Kind::kPinned) return wish.device.ToString();
  return wish.kind == DeviceWish::Kind::kGpu ? "gpu" : "auto";
}

// Whether the parameter names nothing that the groups do not allow, and everything that they pin.
bool Agree(const std::vector<DeviceWish>& groups, const std::vector<DeviceWish>& wishes) {
  const bool all_allowed = std::ranges::all_of(wishes, [&](const DeviceWish& wish) {
    return std::ranges::any_of(groups, [&](const DeviceWish& group) { return Allows(group, wish); });
  });
  return all_allowed && std::ranges::all_of(groups, [&](const DeviceWish& group) {
           return group.kind != DeviceWish::Kind::kPinned || std::ranges::find(wishes, group) != wishes.end();
         });
}

void CheckAgainstGroups(std::string_view text, const std::vector<DeviceWish>& wishes, ConfigReader& reader) {
  const std::vector<DeviceWish>& groups = reader.file.config.copies;
  if (Agree(groups, wishes)) return;
  std::string names;
  for (const DeviceWish& group : groups) names += (names.empty() ? "" : ", ") + NameOf(group);
  reader.findings.Add(
      PlaceOf(reader, kDeviceParameter)
          .Error("what instance_group says: " + names, Quoted(text.substr(0, 80)), "leave out one of the two"));
}

}  // namespace

void ReadDevices(ConfigReader& reader) {
  std::vector<DeviceWish>& copies = reader.file.config.copies;
  if (const std::string* text = Parameter(reader, kDeviceParameter)) {
    if (std::vector<DeviceWish> wishes = ReadDeviceList(*text, reader); !wishes.empty()) {
      CheckAgainstGroups(*text, wishes, reader);
      copies = std::move(wishes);
    }
  }
  const std::string* text = Parameter(reader, kCopiesParameter);
  if (text == nullptr) return;
  int count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  const bool is_number = error == std::errc() && end == text->data() + text->size();
  const auto least = static_cast<int>(copies.size());
  if (!is_number || count < least || count > kMostCopies) {
    reader.findings.Add(PlaceOf(reader, kCopiesParameter)
                            .Error("a number from " + std::to_string(least) + " (one for each device named) to " +
                                       std::to_string(kMostCopies),
                                   Quoted(text->substr(0, 80))));
    return;
  }
  // Round robin over the devices that are named.
  for (size_t i = 0; copies.size() < static_cast<size_t>(count); ++i) copies.push_back(DeviceWish(copies[i]));
}

}  // namespace trireme
