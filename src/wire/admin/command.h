// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::admin {

// What a request asks for is said by its path; this is of which model. Names travel in the body and not in the path, so
// that they may be of any bytes that UTF-8 has.
struct ModelCommand {
  std::string model;
  std::string label = {};               // of POST /admin/label alone
  std::optional<int64_t> version = {};  // where the label shall lead; nothing: it is taken away
  bool operator==(const ModelCommand&) const = default;
};

// {"model":"resnet50"}, {"model":"resnet50","label":"stable","version":3}
std::string EncodeModelCommand(const ModelCommand& command);

// kInvalidArgument: a key that is not known, missing, given twice or of the wrong kind; `wants_label` says whether
// "label" and "version" are expected or refused. A version of null is none.
Result<ModelCommand> DecodeModelCommand(std::string_view text, bool wants_label);

}  // namespace trireme::admin
