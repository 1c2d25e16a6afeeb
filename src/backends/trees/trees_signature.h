// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/trees/settings.h"
#include "base/status.h"
#include "model/signature.h"
#include "treefile/forest.h"

namespace trireme::trees {

// What one output of a model has.
enum class OutputKind : uint8_t { kScores, kLabels, kMargins, kProbabilities, kLeafIds };

// What is made of the scores of a forest.
enum class AfterScores : uint8_t {
  kNothing,
  kThreshold,   // 1 if it is above Settings::Classifier::threshold, else 0
  kBothClasses  // 1 - p and p
};

// How a forest is asked.
struct TreesSignature {
  Signature signature;
  std::vector<OutputKind> kinds;  // of its outputs
  AfterScores after = AfterScores::kNothing;
  float threshold = 0.5F;
  treefile::Transform probability = treefile::Transform::kIdentity;  // Scorer::Options
};

inline constexpr const char* kInputName = "input__0";    // where neither file nor config says another
inline constexpr const char* kScoresName = "output__0";  // as FIL calls them
inline constexpr const char* kMarginsName = "margin";
inline constexpr const char* kProbabilitiesName = "probabilities";
inline constexpr const char* kLeafIdsName = "leaf";

// One matrix FP32 [rows, features] goes in. What comes out: the scores, FP32 [rows], or [rows, columns] if there are
// several; of a classifier in ONNX its labels before them; and those of "margin" (FP32 [rows] or [rows, sums]),
// "probabilities" (FP32 [rows, classes]) and "leaf" (INT32 [rows, trees]) that the settings ask for. A file without
// names takes those of the config for its input and its scores.
//
// Changes the forest's transform where a setting of FIL's wants another answer. A shape [rows, 1] in the config is
// kept in the signature, and the answers to it are [rows]: what FIL does.
//
// kInvalidArgument: there are no probabilities to ask for.
Result<TreesSignature> MakeSignature(const Signature& declared, const Settings& settings, treefile::Forest& forest);

}  // namespace trireme::trees
