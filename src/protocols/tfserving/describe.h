// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "access/authoriser.h"
#include "base/status.h"
#include "model/signature.h"
#include "protocols/tfserving/services.h"
#include "wire/tfserving/descriptions.h"
#include "wire/tfserving/model_spec.h"

namespace trireme::tfserving {

// The versions that are meant: all that are known, from the newest, where none is named. kNotFound: none.
Result<std::vector<VersionStatus>> DescribeVersions(const Engine& engine, const ModelSpec& spec);

struct DescribedModel {
  ModelId id;
  Signature signature;
};

// What goes in and comes out. The model must be in memory: kNotFound or why not, in TF Serving's words.
Result<DescribedModel> DescribeSignature(const Engine& engine, const ModelSpec& spec);

}  // namespace trireme::tfserving
