// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/torch/libtorch.h"
#include "base/regular_file.h"
#include "base/status.h"
#include "tensor/device.h"

namespace trireme::torch_backend {

// Reads the module in a file that ReadArchive() took for one, in the mode for inference. Loads torchvision's operators
// first if it uses them.
Result<torch::jit::Module> LoadModule(const RegularFile& file);

// The weights to where it is to run.
void MoveTo(torch::jit::Module& module, const Device& device);

// All floating numbers of it to FP16; what counts or tells (indexes, masks) stays as it is.
void CastToHalf(torch::jit::Module& module);

}  // namespace trireme::torch_backend
