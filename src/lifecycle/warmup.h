// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "backend/backend.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "model/signature.h"
#include "model/warmup_sample.h"
#include "repository/declared_signature.h"
#include "repository/finding.h"
#include "tensor/tensor.h"

namespace trireme {

// The inputs of a warm-up sample in the signature's order and in the shapes that the model itself takes; an optional
// one that the sample leaves out is empty and of rank 0. `signature` is the fitted one. Every row is the same: a file
// holds the elements of one, and is used for each.
//
// kInvalidArgument names the sample, the input, what was expected and what was found: also when they would take more
// than kMaxWarmupBytes.
Result<std::vector<Tensor>> MakeWarmupInputs(const WarmupSample& sample, const Signature& signature, MemoryPool& pool);

// Why some of these cannot be made, each as an error where the config says it: names, types, dims, and files that are
// there and of the right size. Files are not read.
std::vector<Finding> CheckWarmupSamples(std::span<const WarmupSample> samples, const DeclaredSignature& declared,
                                        const Signature& signature);

// Runs every sample as often as it wants, or until `enough`, which is asked before each run, and in those of a
// decoupled model after each response; whether all were begun. The first that fails ends it, and the error names it. On
// a loader thread.
Result<bool> WarmUp(OpenModel& model, const Signature& signature, std::span<const WarmupSample> samples,
                    MemoryPool& pool, const std::function<bool()>& enough);

// One run, whose responses nobody reads: of a decoupled model until `enough`.
Status RunUnread(OpenModel& model, std::span<const Tensor> inputs, std::span<const int> wanted,
                 const std::function<bool()>& enough);

}  // namespace trireme
