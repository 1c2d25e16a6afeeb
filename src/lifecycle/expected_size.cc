// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/expected_size.h"

#include <algorithm>
#include <limits>

namespace trireme {
namespace {

// Of any model: its line, its metrics, its graph.
constexpr uint64_t kLeast = uint64_t{256} << 10;

// Below this what every model has decides, and says nothing of larger ones.
constexpr uint64_t kTelling = uint64_t{4} << 20;

uint64_t Scaled(uint64_t bytes, double factor) {
  return static_cast<uint64_t>(static_cast<double>(bytes) * factor);
}

}  // namespace

void ExpectedSizes::Learn(const ModelEntry& entry, uint64_t measured_bytes) {
  measured_[entry.id] = {.fingerprint = entry.fingerprint, .file_bytes = entry.file_bytes, .bytes = measured_bytes};
  if (entry.file_bytes < kTelling) return;
  const double found = static_cast<double>(measured_bytes) / static_cast<double>(entry.file_bytes);
  // Rather too much than too little: what does not fit in the end drives others out.
  const double weight = found > bytes_a_file_byte_ ? 0.5 : 0.1;
  bytes_a_file_byte_ += weight * (found - bytes_a_file_byte_);
}

const ExpectedSizes::Measured* ExpectedSizes::AnyOf(const ModelId& id) const {
  const auto next = measured_.upper_bound({id.name, std::numeric_limits<int64_t>::max()});
  if (next == measured_.begin()) return nullptr;
  const auto& [newest, measured] = *std::prev(next);
  return newest.name == id.name ? &measured : nullptr;
}

uint64_t ExpectedSizes::Of(const ModelEntry& entry) const {
  const auto own = measured_.find(entry.id);
  const Measured* known = own != measured_.end() ? &own->second : AnyOf(entry.id);
  if (known != nullptr && own != measured_.end() && known->fingerprint == entry.fingerprint) return known->bytes;
  if (known != nullptr && known->file_bytes > 0 && known->file_bytes < kTelling) {
    const uint64_t more = entry.file_bytes - std::min(entry.file_bytes, known->file_bytes);
    return std::max(kLeast, known->bytes + Scaled(more, bytes_a_file_byte_));
  }
  if (known != nullptr && known->file_bytes > 0) {
    const double ratio = static_cast<double>(known->bytes) / static_cast<double>(known->file_bytes);
    return std::max(kLeast, Scaled(entry.file_bytes, ratio));
  }
  return kLeast + Scaled(entry.file_bytes, bytes_a_file_byte_);
}

}  // namespace trireme
