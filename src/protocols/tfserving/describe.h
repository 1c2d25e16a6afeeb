// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "access/authoriser.h"
#include "base/status.h"
#include "model/file_signatures.h"
#include "model/model_id.h"
#include "protocols/tfserving/services.h"
#include "wire/tfserving/descriptions.h"
#include "wire/tfserving/model_spec.h"

namespace trireme::tfserving {

// The versions that are meant: all that are known, from the newest, where none is named. kNotFound: none.
Result<std::vector<VersionStatus>> DescribeVersions(const Engine& engine, const ModelSpec& spec);

struct DescribedModel {
  ModelId id;
  std::vector<NamedSignature> signatures;
};

// The ways to ask it. The model must be in memory: kNotFound or why not, in TF Serving's words.
Result<DescribedModel> DescribeSignatures(const Engine& engine, const ModelSpec& spec);

}  // namespace trireme::tfserving
