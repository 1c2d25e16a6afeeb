// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/authoriser.h"

namespace trireme {

// What a key is for. Several may be set.
struct KeyRoles {
  bool infer = false;    // metadata of its models, running them, and shared memory for that
  bool admin = false;    // everything, with its models
  bool metrics = false;  // reading the metrics

  bool any() const { return infer || admin || metrics; }
  bool operator==(const KeyRoles&) const = default;
};

// What the holder of a key may do: its roles, with its models. A model is named whole, or by how its name begins
// ("ocr*"); "*" is all.
//
// What names no model is decided by the roles alone, but for what changes the server as a whole: that needs all models.
class KeyGrant final : public Grant {
 public:
  KeyGrant(KeyRoles roles, std::vector<std::string> models);

  bool Allows(Operation operation, std::string_view model) const override;
  bool CoversEveryModel() const override { return every_model_; }

 private:
  bool Covers(std::string_view model) const;

  const KeyRoles roles_;
  const std::vector<std::string> models_;
  const bool every_model_;
};

}  // namespace trireme
