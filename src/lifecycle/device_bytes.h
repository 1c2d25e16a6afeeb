// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace trireme {

// Bytes of memory by device, as Device::ToString() has it. A value.
class DeviceBytes {
 public:
  using Map = std::map<std::string, uint64_t>;

  DeviceBytes() = default;
  DeviceBytes(Map bytes) : bytes_(std::move(bytes)) {}  // NOLINT(google-explicit-constructor): it is one

  const Map& by_device() const& { return bytes_; }
  Map by_device() && { return std::move(bytes_); }
  uint64_t On(const std::string& device) const {
    const auto at = bytes_.find(device);
    return at == bytes_.end() ? 0 : at->second;
  }
  bool Has(const std::string& device) const { return bytes_.contains(device); }

  uint64_t total() const {
    uint64_t total = 0;
    for (const auto& [device, bytes] : bytes_) total += bytes;
    return total;
  }

  // "cuda:0, cuda:1"; empty: on none.
  std::string devices() const {
    std::string text;
    for (const auto& [device, bytes] : bytes_) text += (text.empty() ? "" : ", ") + device;
    return text;
  }

  void Add(const DeviceBytes& more) {
    for (const auto& [device, bytes] : more.bytes_) bytes_[device] += bytes;
  }
  // Down to nothing.
  void Remove(const DeviceBytes& less) {
    for (const auto& [device, bytes] : less.bytes_) {
      const auto at = bytes_.find(device);
      if (at == bytes_.end()) continue;
      at->second -= std::min(at->second, bytes);
      if (at->second == 0) bytes_.erase(at);
    }
  }
  bool operator==(const DeviceBytes&) const = default;

 private:
  Map bytes_;
};

}  // namespace trireme
