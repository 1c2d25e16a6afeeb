// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "backends/trees/instruction_set.h"
#include "base/status.h"

namespace trireme::trees {

// What a model's config says to this backend.
struct Settings {
  // How Triton's FIL backend gives the answer of a classifier; nothing: the model is no such, or its config is not
  // FIL's, and it answers as its library does.
  struct Classifier {
    bool probabilities = false;  // "predict_proba"; otherwise the class as a number
    float threshold = 0.5F;      // above which one of two classes is 1
  };

  InstructionSet instruction_set = InstructionSet::kScalar;
  bool all_iterations = false;  // treefile::ReadOptions
  std::optional<Classifier> classifier = {};
  bool gives_margins = false;  // outputs besides the answer
  bool gives_leaf_ids = false;
  bool gives_probabilities = false;
  std::vector<std::string> ignored = {};  // that nobody here knows
};

// Parameters of OpenOptions::runtime_parameters: instruction_set (auto, scalar, avx2 or avx512), all_iterations,
// extra_outputs (some of margin, leaf and probabilities, with commas between them), and those of FIL's that change
// answers: is_classifier or output_class, predict_proba, threshold. Those of FIL's that are about speed or a file's
// kind are taken and do nothing. kInvalidArgument: as OpenOptions has it.
Result<Settings> ReadSettings(const OpenOptions& options);

}  // namespace trireme::trees
