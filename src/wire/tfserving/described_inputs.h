// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/signature.h"

namespace trireme::tfserving {

// What a client takes from what EncodeMetadataJson() and EncodeMetadataProto() write, or a server of TensorFlow's: what
// goes into the signature that counts where none is named ("serving_default"; a model's only one), with -1 for what is
// open.
//
// kInvalidArgument: no such description, several signatures of other names, or an input whose type or rank is none that
// a request could have.
Result<std::vector<TensorSpec>> InputsOfMetadataJson(std::string_view json);
Result<std::vector<TensorSpec>> InputsOfMetadataProto(std::span<const std::byte> bytes);

// A GetModelMetadataRequest. `version` is a number, a label or empty.
std::string EncodeMetadataRequest(std::string_view model, std::string_view version);

}  // namespace trireme::tfserving
