// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "model/model_id.h"
#include "repository/scan.h"

namespace trireme {

// How much memory a version will take, before it is loaded: what was measured of the same files; else of another
// version of its model, by the sizes of their files; else what its files have, and as much more as models here took so
// far. Not thread-safe.
class ExpectedSizes {
 public:
  void Learn(const ModelEntry& entry, uint64_t measured_bytes);

  uint64_t Of(const ModelEntry& entry) const;

  void Forget(const ModelId& id) { measured_.erase(id); }

 private:
  struct Measured {
    uint64_t fingerprint = 0;
    uint64_t file_bytes = 0;
    uint64_t bytes = 0;
  };
  const Measured* AnyOf(const ModelId& id) const;

  std::map<ModelId, Measured> measured_;
  double bytes_a_file_byte_ = 1.1;
};

}  // namespace trireme
