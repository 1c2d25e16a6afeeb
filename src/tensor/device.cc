// SPDX-License-Identifier: Apache-2.0
#include "tensor/device.h"

#include <algorithm>
#include <charconv>

namespace trireme {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kUuidForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool ParseUuid(std::string_view text, std::array<uint8_t, 16>& uuid) {
  if (text.size() != kUuidForm.size()) return false;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kUuidForm[i] == '-') {
      if (text[i] != '-') return false;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return false;
    uuid[digits / 2] = static_cast<uint8_t>(uuid[digits / 2] << 4 | value);
    ++digits;
  }
  return true;
}

Status Unknown(std::string_view text) {
  return InvalidArgument("device '" + std::string(text) + "': expected cpu, cuda:N or MIG-<uuid>");
}

}  // namespace

Result<Device> Device::Parse(std::string_view text) {
  Device device;
  if (text == "cpu") return device;
  if (text.starts_with("cuda:")) {
    const std::string_view number = text.substr(5);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), device.index);
    if (error != std::errc() || end != number.data() + number.size() || device.index < 0) return Unknown(text);
    device.kind = DeviceKind::kCuda;
    return device;
  }
  if (text.starts_with("MIG-") && ParseUuid(text.substr(4), device.uuid)) {
    device.kind = DeviceKind::kMig;
    return device;
  }
  return Unknown(text);
}

std::string Device::ToString() const {
  if (kind == DeviceKind::kCpu) return "cpu";
  if (kind == DeviceKind::kCuda) return "cuda:" + std::to_string(index);
  std::string text = "MIG-";
  size_t digits = 0;
  for (const char form : kUuidForm) {
    if (form == '-') {
      text += '-';
    } else {
      text += kHex[(digits % 2 == 0 ? uuid[digits / 2] >> 4 : uuid[digits / 2]) & 0xF];
      ++digits;
    }
  }
  return text;
}

std::string NamesOf(std::span<const Device> devices) {
  std::string text;
  for (const Device& device : devices) text += (text.empty() ? "" : ", ") + device.ToString();
  return text;
}

std::vector<std::string_view> SplitDeviceNames(std::string_view list) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> names;
  while (true) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(kBlanks), name.size()));
    name = name.substr(0, name.find_last_not_of(kBlanks) + 1);
    names.push_back(name);
    if (comma == list.size()) return names;
    list.remove_prefix(comma + 1);
  }
}

bool Device::operator==(const Device& other) const {
  if (kind != other.kind) return false;
  if (kind == DeviceKind::kMig) return uuid == other.uuid;
  return kind == DeviceKind::kCpu || index == other.index;
}

}  // namespace trireme
