// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/signature.h"
#include "repository/declared_signature.h"
#include "repository/finding.h"

namespace trireme {

// Lays what is said of one tensor over `spec`, which is the model's own.
struct TensorFitting {
  const DeclaredTensor& said;
  std::string path;  // "input[0]", where the declaration does not know better
  const std::filesystem::path& file;
  std::optional<int64_t> max_batch_size;
  TensorSpec& spec;
  std::vector<Finding>& findings;
};

void FitTensor(TensorFitting& fitting);

// A finding of an error at `place`, or at `path` of the file if nothing is known of it.
Finding ErrorAt(const std::filesystem::path& file, const FieldPlace& place, const std::string& path);

// Whether the outermost dimension of a tensor is free: one that can count rows.
bool LeadsFree(const TensorSpec& spec);

}  // namespace trireme
